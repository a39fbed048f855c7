package zohotest

import (
	"cmp"
	"strconv"
	"time"
)

// OrganisationID is the id of the organisation of a new stand-in.
const OrganisationID = "60001234567"

// Organisation is one customer of Zoho with books of its own.
type Organisation struct {
	// ID is digits; empty means OrganisationID.
	ID string
	// Name as people see it.
	Name string
	// Plan is Free, Standard, Professional, Premium or Enterprise; empty means
	// Premium. It decides the limits that are not given.
	Plan string
	// DataCenter is us, eu, in, au, jp, ca, cn or sa; empty means us.
	DataCenter string
	// Currencies by code, the base currency first; none means USD, EUR, GBP, JPY.
	Currencies []Currency
	// Taxes; none means the three of DefaultTaxes.
	Taxes []Tax
	// CustomFields that sales orders have; none means "cf_source" and "cf_order_id".
	CustomFields []CustomField
	// Locations are ids that location_id may name.
	Locations []string
	// TimeZone decides when the day of the quota ends; empty means UTC.
	TimeZone string
	// PerMinute, InFlight and PerDay are limits of calls; 0 means those of the plan
	// (Zoho Inventory reference, section 8).
	PerMinute, InFlight, PerDay int
	// BlockFor is how long a burst blocks the organisation; 0 means 30 minutes.
	BlockFor time.Duration
	// ManualNumbers switches auto-numbering off: sales orders, packages and
	// shipment orders need a number of the caller's.
	ManualNumbers bool
	// DuplicateNames allows contacts of equal names (section 4).
	DuplicateNames bool
	// RateDecimals is to how many decimals the price of a line is rounded without a
	// word; 0 means 6.
	RateDecimals int
}

// Currency of an organisation.
type Currency struct {
	// ID is given by the stand-in if empty.
	ID string
	// Code is ISO 4217.
	Code string
	// Decimals that amounts are rounded to.
	Decimals int
}

// Tax of an organisation.
type Tax struct {
	// ID is given by the stand-in if empty.
	ID string
	// Name as people see it.
	Name string
	// Percentage of the net amount.
	Percentage Decimal
}

// CustomField that sales orders have (section 3.2).
type CustomField struct {
	// ID is given by the stand-in if empty.
	ID string
	// Label and APIName name it in a request as well as the id does.
	Label, APIName string
}

// named says whether a custom field of a body names this one.
func (f CustomField) named(o map[string]any) bool {
	for name, mine := range map[string]string{"customfield_id": f.ID, "api_name": f.APIName, "label": f.Label} {
		if mine != "" && mine == textOf(o, name) {
			return true
		}
	}
	return false
}

// DefaultCurrencies are those of an organisation that names none.
func DefaultCurrencies() []Currency {
	return []Currency{
		{Code: "USD", Decimals: 2},
		{Code: "EUR", Decimals: 2},
		{Code: "GBP", Decimals: 2},
		{Code: "JPY", Decimals: 0},
	}
}

// DefaultTaxes are those of an organisation that names none.
func DefaultTaxes() []Tax {
	return []Tax{
		{Name: "Sales Tax", Percentage: "8.25"},
		{Name: "VAT 19", Percentage: "19"},
		{Name: "VAT 7", Percentage: "7"},
	}
}

// perDay is the daily quota of a plan (section 8).
func perDay(plan string) int {
	switch plan {
	case "Free":
		return 1000
	case "Standard":
		return 2000
	case "Professional":
		return 5000
	default:
		return 10_000
	}
}

// perMinute is the limit of every plan (section 8).
const perMinute = 100

// inFlight is how many calls of a plan may be under way (section 8).
func inFlight(plan string) int {
	if plan == "Free" {
		return 5
	}
	return 10
}

// apiDomains are the API hosts by data centre (section 1.1).
func apiDomains() map[string]string {
	return map[string]string{
		"us": "https://www.zohoapis.com", "eu": "https://www.zohoapis.eu", "in": "https://www.zohoapis.in",
		"au": "https://www.zohoapis.com.au", "jp": "https://www.zohoapis.jp", "ca": "https://www.zohoapis.ca",
		"cn": "https://www.zohoapis.com.cn", "sa": "https://www.zohoapis.sa",
	}
}

// organisation is an Organisation with everything it has.
type organisation struct {
	Organisation
	zone *time.Location

	items     []*Item
	contacts  []*Contact
	orders    []*Order
	packages  []*Package
	shipments []*Shipment
	serials   map[string]int

	limits limits
}

// organise fills in what is left to the stand-in.
func (s *Server) organise(o Organisation) *organisation {
	o.ID = cmp.Or(o.ID, OrganisationID)
	o.Name = cmp.Or(o.Name, "Stand-in "+o.ID)
	o.Plan = cmp.Or(o.Plan, "Premium")
	o.DataCenter = cmp.Or(o.DataCenter, "us")
	o.TimeZone = cmp.Or(o.TimeZone, "UTC")
	o.PerMinute = cmp.Or(o.PerMinute, perMinute)
	o.InFlight = cmp.Or(o.InFlight, inFlight(o.Plan))
	o.PerDay = cmp.Or(o.PerDay, perDay(o.Plan))
	o.BlockFor = cmp.Or(o.BlockFor, 30*time.Minute)
	o.RateDecimals = cmp.Or(o.RateDecimals, 6)
	if o.Currencies == nil {
		o.Currencies = DefaultCurrencies()
	}
	if o.Taxes == nil {
		o.Taxes = DefaultTaxes()
	}
	if o.CustomFields == nil {
		o.CustomFields = []CustomField{
			{Label: "Source", APIName: "cf_source"}, {Label: "Order id", APIName: "cf_order_id"},
		}
	}
	o.Currencies = append([]Currency(nil), o.Currencies...)
	for i := range o.Currencies {
		o.Currencies[i].ID = cmp.Or(o.Currencies[i].ID, s.newID())
	}
	o.Taxes = append([]Tax(nil), o.Taxes...)
	for i := range o.Taxes {
		o.Taxes[i].ID = cmp.Or(o.Taxes[i].ID, s.newID())
	}
	o.CustomFields = append([]CustomField(nil), o.CustomFields...)
	for i := range o.CustomFields {
		o.CustomFields[i].ID = cmp.Or(o.CustomFields[i].ID, s.newID())
	}
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return &organisation{Organisation: o, zone: zone, serials: map[string]int{}}
}

// firstID is where ids begin: 64-bit numbers, far beyond what a float64 keeps apart
// (section 1.2).
const firstID = 4_815_162_342_000_000_000

// newID gives an id to a record.
func (s *Server) newID() string {
	s.ids++
	return strconv.FormatInt(firstID+s.ids, 10)
}

func (o *organisation) currency(id string) (Currency, bool) {
	for _, c := range o.Currencies {
		if c.ID == id {
			return c, true
		}
	}
	return Currency{}, false
}

func (o *organisation) tax(id string) (Tax, bool) {
	for _, t := range o.Taxes {
		if t.ID == id {
			return t, true
		}
	}
	return Tax{}, false
}

// serial numbers records where auto-numbering does.
func (o *organisation) serial(prefix string) string {
	o.serials[prefix]++
	return prefix + "-" + paddedSerial(o.serials[prefix])
}

func paddedSerial(n int) string {
	const zeros = "00000"
	text := strconv.Itoa(n)
	return zeros[:max(len(zeros)-len(text), 0)] + text
}

// today is the date in the organisation's time zone.
func (s *Server) today(o *organisation) string { return s.clock().In(o.zone).Format(time.DateOnly) }
