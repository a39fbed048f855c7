package validation

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// certain says whether a message keeps the rules of its proto for certain. What
// callers submit all the time is told by a tenth of what the rules themselves cost,
// which are asked about everything else. The proto is the definition: certain may
// leave messages out that are valid, and takes none that is not, which a test tries
// with every field.
func certain(m proto.Message) bool {
	switch m := m.(type) {
	case *apiv1.SubmitOrderRequest:
		return merchantName(m.GetParent()) && m.Order != nil && order(m.Order) &&
			envelope(m.SourceVersion, m.RequestId)
	case *apiv1.SubmitTrackingRequest:
		return merchantName(m.GetParent()) && m.Shipment != nil && shipment(m.Shipment) &&
			envelope(m.SourceVersion, m.RequestId)
	case *apiv1.SubmitBatchRequest:
		return merchantName(m.GetParent()) && len(m.Items) >= 1 && len(m.Items) <= 500
	case *apiv1.SubmitStreamRequest:
		return len(m.Items) <= 500
	case *apiv1.StreamItem:
		return merchantName(m.GetParent()) && m.Item != nil && item(m.Item)
	case *apiv1.SubmitItem:
		return item(m)
	}
	return false
}

func item(m *apiv1.SubmitItem) bool {
	if !envelope(m.SourceVersion, m.RequestId) {
		return false
	}
	switch record := m.Record.(type) {
	case *apiv1.SubmitItem_Order:
		return record.Order != nil && order(record.Order)
	case *apiv1.SubmitItem_Shipment:
		return record.Shipment != nil && shipment(record.Shipment)
	}
	return false
}

func envelope(sourceVersion *int64, requestID *string) bool {
	return (sourceVersion == nil || *sourceVersion >= 0) && short(requestID, 128)
}

func order(m *commercev1.Order) bool {
	if len(m.LineItems) > 5000 || len(m.Notes) > 50 {
		return false
	}
	for _, line := range m.LineItems {
		if line == nil || !lineItem(line) {
			return false
		}
	}
	for _, note := range m.Notes {
		if note == nil || note.Kind < 0 || note.Kind > commercev1.NoteKind_NOTE_KIND_GIFT ||
			note.Text == "" || len(note.Text) > 16384 {
			return false
		}
	}
	return printable(m.OrderId) && short(m.OrderNumber, 128) && short(m.OrderSource, 128) &&
		m.Status >= 0 && m.Status <= commercev1.OrderStatus_ORDER_STATUS_CANCELLED &&
		customer(m.Customer) && address(m.BillTo) && address(m.ShipTo) && totals(m.Totals) &&
		(m.CurrencyCode == nil || *m.CurrencyCode == "" || currencyCode(*m.CurrencyCode)) &&
		short(m.ShippingMethod, 256) && extraFields(m.ExtraFields, 200) &&
		calendarDate(m.RequestedShipDate) && calendarDate(m.PromisedDeliveryDate)
}

func lineItem(m *commercev1.LineItem) bool {
	return short(m.LineId, 128) && short(m.Sku, 256) && short(m.Name, 1024) && decimal(m.Quantity, 12) &&
		money(m.UnitPrice) && money(m.Discount) && money(m.Tax) && extraFields(m.ExtraFields, 100)
}

func customer(m *commercev1.Customer) bool {
	return m == nil || short(m.CustomerId, 128) && short(m.Name, 256) && short(m.Company, 256) &&
		short(m.Email, 254) && short(m.Phone, 64) && languageTag(m.LanguageCode)
}

func address(m *commercev1.Address) bool {
	if m == nil {
		return true
	}
	if len(m.Lines) > 6 {
		return false
	}
	for _, line := range m.Lines {
		if !short(&line, 256) {
			return false
		}
	}
	return short(m.Name, 256) && short(m.Company, 256) && short(m.City, 128) && short(m.State, 128) &&
		short(m.PostalCode, 32) && countryCode(m.CountryCode) && short(m.Phone, 64) && short(m.Email, 254)
}

func totals(m *commercev1.OrderTotals) bool {
	return m == nil || money(m.SubTotal) && money(m.Discount) && money(m.Tax) && money(m.Shipping) &&
		money(m.Adjustment) && money(m.GrandTotal)
}

func money(m *commercev1.Money) bool {
	return m == nil || currencyCode(m.CurrencyCode) && decimal(strings.TrimPrefix(m.Amount, "-"), 15)
}

func shipment(m *commercev1.Shipment) bool {
	if len(m.Parcels) < 1 || len(m.Parcels) > 1000 {
		return false
	}
	for _, p := range m.Parcels {
		if p == nil || !parcel(p) {
			return false
		}
	}
	return printable(m.OrderId) && short(m.ShipmentId, 128) && short(m.OrderSource, 128) &&
		address(m.Destination) && short(m.Warehouse, 128) && extraFields(m.ExtraFields, 100)
}

func parcel(m *commercev1.Parcel) bool {
	if len(m.Contents) > 5000 {
		return false
	}
	for _, content := range m.Contents {
		if content == nil || !short(content.LineId, 128) || !short(content.Sku, 256) || !decimal(content.Quantity, 12) {
			return false
		}
	}
	return printable(m.TrackingNumber) && short(m.Carrier, 128) && short(m.Service, 128) &&
		calendarDate(m.ShipDate) && weight(m.Weight) &&
		m.Status >= 0 && m.Status <= commercev1.ParcelStatus_PARCEL_STATUS_VOIDED &&
		short(m.TrackingUrl, 2048) && extraFields(m.ExtraFields, 100)
}

func weight(m *commercev1.Weight) bool {
	return m == nil || decimal(m.Value, 9) &&
		m.Unit > commercev1.WeightUnit_WEIGHT_UNIT_UNSPECIFIED && m.Unit <= commercev1.WeightUnit_WEIGHT_UNIT_POUND
}

func extraFields(fields map[string]string, most int) bool {
	if len(fields) > most {
		return false
	}
	for name, value := range fields {
		if name == "" || !short(&name, 128) || len(value) > 8192 {
			return false
		}
	}
	return true
}

// short says whether a text is absent or has at most so many characters.
func short(text *string, most int) bool {
	return text == nil || len(*text) <= most || utf8.RuneCountInString(*text) <= most
}

// printable takes ids of ASCII only.
func printable(id string) bool {
	for _, c := range []byte(id) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return id != "" && len(id) <= 128
}

// merchantName takes "merchants/{merchant}".
func merchantName(name string) bool {
	id, found := strings.CutPrefix(name, "merchants/")
	if !found || id == "" || len(id) > 63 || id[0] == '-' {
		return false
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

// decimal takes at most so many digits and six decimals.
func decimal(number string, most int) bool {
	whole, decimals, fraction := strings.Cut(number, ".")
	return digits(whole, most) && (!fraction || digits(decimals, 6))
}

// digits takes one digit up to most.
func digits(text string, most int) bool {
	for _, c := range []byte(text) {
		if !isDigit(c) {
			return false
		}
	}
	return text != "" && len(text) <= most
}

// currencyCode takes three letters in upper case.
func currencyCode(code string) bool {
	for _, c := range []byte(code) {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(code) == 3
}

// countryCode takes two or three letters, or nothing.
func countryCode(code *string) bool {
	return code == nil || *code == "" || len(*code) >= 2 && len(*code) <= 3 && letters(*code)
}

// languageTag takes a language and what follows it, of letters or of letters with
// digits around them, or nothing.
func languageTag(tag *string) bool {
	if tag == nil || *tag == "" {
		return true
	}
	language, rest, more := strings.Cut(*tag, "-")
	if len(language) < 2 || len(language) > 8 || !letters(language) {
		return false
	}
	for more {
		var part string
		part, rest, more = strings.Cut(rest, "-")
		if part == "" || len(part) > 8 || !letters(strings.Trim(part, "0123456789")) {
			return false
		}
	}
	return true
}

// calendarDate takes "YYYY-MM-DD", or nothing.
func calendarDate(date *string) bool {
	if date == nil || *date == "" {
		return true
	}
	d := *date
	return len(d) == 10 && d[4] == '-' && d[7] == '-' &&
		digits(d[:4], 4) && digits(d[5:7], 2) && digits(d[8:], 2)
}

func letters(text string) bool {
	for _, c := range []byte(text) {
		if lower := c | 0x20; lower < 'a' || lower > 'z' {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
