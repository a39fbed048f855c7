package aftershiptest

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Courier is a carrier that the stand-in knows.
type Courier struct {
	// Slug names it on the wire.
	Slug string
	// Name is for humans.
	Name string
	// Numbers matches its tracking numbers, for detection; nil detects nothing.
	Numbers *regexp.Regexp
	// Enabled couriers take part in detection and are listed as active.
	Enabled bool
	// Required names further fields a tracking needs, in the names of the newest
	// generation, for example "tracking_ship_date".
	Required []string
}

// DefaultCouriers are the couriers of a new stand-in: some of the big ones, and
// those that need further fields (AfterShip API reference, section 2.4).
func DefaultCouriers() []Courier {
	return []Courier{
		{Slug: "ups", Name: "UPS", Numbers: regexp.MustCompile(`^1Z[0-9A-Z]{16}$`), Enabled: true},
		{Slug: "dhl-germany", Name: "DHL Germany", Numbers: regexp.MustCompile(`^0034[0-9]{16}$`), Enabled: true},
		{Slug: "usps", Name: "USPS", Numbers: regexp.MustCompile(`^9[0-9]{21}$`), Enabled: true},
		{Slug: "fedex", Name: "FedEx", Numbers: regexp.MustCompile(`^([0-9]{12}|[0-9]{15})$`), Enabled: true},
		{Slug: "dhl", Name: "DHL Express", Numbers: regexp.MustCompile(`^[0-9]{10}$`), Enabled: true},
		{Slug: "royal-mail", Name: "Royal Mail", Numbers: regexp.MustCompile(`^[A-Z]{2}[0-9]{9}GB$`), Enabled: true},
		{
			Slug: "deutsch-post", Name: "Deutsche Post Mail", Enabled: true,
			Numbers: regexp.MustCompile(`^[A-Z]{2}[0-9]{9}DE$`), Required: []string{"tracking_ship_date"},
		},
		{
			Slug: "postnl-3s", Name: "PostNL International 3S", Enabled: true,
			Numbers:  regexp.MustCompile(`^3S[A-Z0-9]{10,14}$`),
			Required: []string{"destination_country_region"},
		},
		{Slug: "dynamic-logistics", Name: "Dynamic Logistics", Required: []string{"tracking_account_number"}},
	}
}

// requirement gives the name of a required field in a generation, with the
// meanings that satisfy it. On v4 the additional field of that name is asked for
// and the address field does not do (section 3, the pitfall of postnl-3s).
func requirement(g Generation, field string) (name string, meanings []string) {
	switch field {
	case "destination_country_region":
		switch {
		case !g.dated():
			return "tracking_destination_country", []string{destinationCountryAdditional}
		case g.upTo(V202410):
			return "destination_country_iso3", []string{destinationCountry, destinationCountryAdditional}
		default:
			return field, []string{destinationCountry, destinationCountryAdditional}
		}
	case "origin_country_region":
		switch {
		case !g.dated():
			return "tracking_origin_country", []string{originCountryAdditional}
		case g.upTo(V202410):
			return "origin_country_iso3", []string{originCountry, originCountryAdditional}
		default:
			return field, []string{originCountry, originCountryAdditional}
		}
	default:
		return field, []string{field}
	}
}

// missing refuses a tracking that lacks what its courier requires: 4009 on v4,
// as recorded there, 4011 afterwards (sections 3 and 7).
func (c Courier) missing(g Generation, facts map[string]any) *apiError {
	for _, field := range c.Required {
		name, meanings := requirement(g, field)
		if slices.ContainsFunc(meanings, func(m string) bool { return facts[m] != nil }) {
			continue
		}
		if !g.dated() {
			return badRequest(4009, "`%s` is required.", name)
		}
		return badRequest(4011, "The courier %s requires further fields: `%s`.", c.Slug, name)
	}
	return nil
}

// courier finds a courier by slug.
func (s *Server) courier(slug string) (Courier, bool) {
	i := slices.IndexFunc(s.couriers, func(c Courier) bool { return c.Slug == slug })
	if i < 0 {
		return Courier{}, false
	}
	return s.couriers[i], true
}

// detect finds the courier of a number among the enabled ones.
func (s *Server) detect(number string) (Courier, bool) {
	i := slices.IndexFunc(s.couriers, func(c Courier) bool {
		return c.Enabled && c.Numbers != nil && c.Numbers.MatchString(number)
	})
	if i < 0 {
		return Courier{}, false
	}
	return s.couriers[i], true
}

// listCouriers serves GET /couriers and, where it exists, GET /couriers/all
// (section 9).
func (s *Server) listCouriers(c *call, all bool) *reply {
	query := c.r.URL.Query()
	onlyEnabled := !all && (c.generation.couriersAll() || query.Get("active") == "true")
	var wanted []string
	if slugs := query.Get("slug"); slugs != "" {
		wanted = strings.Split(slugs, ",")
	}
	list := []any{}
	for _, courier := range s.couriers {
		if onlyEnabled && !courier.Enabled || wanted != nil && !slices.Contains(wanted, courier.Slug) {
			continue
		}
		required := []string{}
		for _, field := range courier.Required {
			name, _ := requirement(c.generation, field)
			required = append(required, name)
		}
		list = append(list, map[string]any{
			"slug": courier.Slug, "name": courier.Name, "phone": nil, "other_name": nil, "web_url": nil,
			"required_fields": required, "optional_fields": []string{},
			"default_language": "en", "support_languages": []string{"en"},
		})
	}
	return success(http.StatusOK, map[string]any{"total": len(list), "couriers": list})
}
