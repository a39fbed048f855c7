package aftership

import (
	"strings"
	"unicode/utf8"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// uploadedBy marks every tracking that Spurline makes. The value is part of the
// mission: it is what merchants already filter on.
const uploadedBy = "CartRover"

// longestCustomField is the most characters of a custom field (AfterShip API
// reference, section 2.4).
const longestCustomField = 512

// facts are what one tracking says, in AfterShip's spelling but in no
// generation's names. What is empty is not sent.
type facts struct {
	number      string
	slug        string
	orderID     string
	shipDate    calendarDate
	country     string
	orderSource string
	orderNumber string
	contact     contact
	// warnings tell what could not be sent, for the hint of the result.
	warnings []string
}

// gather takes the facts out of a record. Only an unusable tracking number is an
// error: an optional fact that AfterShip could not take is left out with a
// warning, since a tracking without its country is worth more than none.
func (f *Forwarder) gather(record *pluginv1.TrackingRecord) (facts, error) {
	parcel, order := record.GetParcel(), record.GetOrder()
	number, err := normaliseNumber(parcel.GetTrackingNumber())
	if err != nil {
		return facts{}, err
	}
	sent := facts{
		number:  number,
		slug:    f.slugs.of(parcel.GetCarrier()),
		orderID: record.GetOrderId(),
	}
	if written := parcel.GetShipDate(); written != "" {
		date, ok := parseDate(written)
		if !ok {
			sent.warn("the ship date is not a day of the calendar and was left out")
		}
		sent.shipDate = date
	}
	if written := order.GetShipTo().GetCountryCode(); written != "" {
		code, ok := countryAlpha3(written)
		if !ok {
			sent.warn("the destination country is none that ISO 3166-1 knows and was left out")
		}
		sent.country = code
	}
	sent.orderSource = sent.cut(order.GetOrderSource())
	if f.sendContact {
		sent.orderNumber = order.GetOrderNumber()
		sent.contact = sent.gatherContact(order)
	}
	return sent, nil
}

func (s *facts) warn(text string) { s.warnings = append(s.warnings, text) }

// cut shortens an order source to what a custom field holds. Spurline's own
// limit is far below, so this only guards against other hosts.
func (s *facts) cut(source string) string {
	if utf8.RuneCountInString(source) <= longestCustomField {
		return source
	}
	s.warn("the order source was cut to 512 characters")
	return string([]rune(source)[:longestCustomField])
}

// contact is the recipient: personal data that goes out only if the merchant
// chose so.
type contact struct {
	name     string
	email    string
	phone    string
	language string
}

// gatherContact takes the recipient of the parcel, and the buyer for what the
// recipient lacks.
func (s *facts) gatherContact(order *commercev1.Order) contact {
	buyer, recipient := order.GetCustomer(), order.GetShipTo()
	c := contact{
		name:     firstOf(recipient.GetName(), buyer.GetName()),
		email:    firstOf(recipient.GetEmail(), buyer.GetEmail()),
		language: languageCode(buyer.GetLanguageCode()),
	}
	written := firstOf(recipient.GetPhone(), buyer.GetPhone())
	if written != "" {
		c.phone = internationalPhone(written)
		if c.phone == "" {
			s.warn("the phone number does not begin with + and a country calling code and was left out")
		}
	}
	return c
}

func (c contact) empty() bool { return c.name == "" && c.email == "" && c.phone == "" }

// internationalPhone keeps "+" and the digits of a number with its country
// calling code, the form that AfterShip wants (section 2.3); empty for others.
func internationalPhone(written string) string {
	written = strings.TrimSpace(written)
	if !strings.HasPrefix(written, "+") {
		return ""
	}
	digits := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, written)
	if len(digits) < 7 || len(digits) > 15 {
		return ""
	}
	return "+" + digits
}

// languageCode is the ISO 639-1 part of a BCP 47 tag, empty if it has none.
func languageCode(tag string) string {
	primary, _, _ := strings.Cut(tag, "-")
	if len(primary) != 2 {
		return ""
	}
	return strings.ToLower(primary)
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}
