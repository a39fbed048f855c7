package validation

import (
	"strings"
	"time"

	"golang.org/x/text/currency"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
)

// checker collects violations. Empty texts and absent messages break no rule.
type checker struct{ violations []fault.Violation }

func (c *checker) add(field, rule string) {
	c.violations = append(c.violations, fault.Violation{Field: field, Rule: rule})
}

// orderID refuses an id of nothing but spaces. Spaces at its ends are kept: ids are
// kept exactly. That it is not empty is a rule of the proto.
func (c *checker) orderID(path, id string) {
	if id != "" && strings.TrimSpace(id) == "" {
		c.add(path, "must be more than spaces")
	}
}

func (c *checker) country(path, code string) {
	if code != "" && !AssignedCountry(code) {
		c.add(path, `must be a country code that ISO 3166-1 assigns, such as "GB" or "GBR"`)
	}
}

func (c *checker) currency(path, code string) {
	if code == "" {
		return
	}
	if _, err := currency.ParseISO(code); err != nil {
		c.add(path, `must be a currency code that ISO 4217 assigns, such as "USD"`)
	}
}

func (c *checker) money(path string, money *commercev1.Money) {
	c.currency(path+".currency_code", money.GetCurrencyCode())
}

func (c *checker) date(path, date string) {
	if date == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		c.add(path, `must be a day that exists, as a calendar date "YYYY-MM-DD"`)
	}
}

func (c *checker) time(path string, t *timestamppb.Timestamp) {
	if t != nil && t.CheckValid() != nil {
		c.add(path, "must be a time between the years 1 and 9999 with 0 to 999,999,999 nanoseconds")
	}
}

// Time checks a time in a request. It returns a violation or nothing.
func Time(t *timestamppb.Timestamp, path string) []fault.Violation {
	c := &checker{}
	c.time(path, t)
	return c.violations
}
