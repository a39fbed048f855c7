package validation

import (
	"strings"
	"time"

	"golang.org/x/text/currency"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
)

// checker collects violations. Empty texts and absent messages break no rule. Paths
// are handed on in parts and joined when there is something to say.
type checker struct{ violations []fault.Violation }

func (c *checker) add(rule string, path ...string) {
	c.violations = append(c.violations, fault.Violation{Field: strings.Join(path, ""), Rule: rule})
}

// orderID refuses an id of nothing but spaces. Spaces at its ends are kept: ids are
// kept exactly. That it is not empty is a rule of the proto.
func (c *checker) orderID(id string, path ...string) {
	if id != "" && strings.TrimSpace(id) == "" {
		c.add("must be more than spaces", path...)
	}
}

func (c *checker) country(code string, path ...string) {
	if code != "" && !AssignedCountry(code) {
		c.add(`must be a country code that ISO 3166-1 assigns, such as "GB" or "GBR"`, path...)
	}
}

func (c *checker) currency(code string, path ...string) {
	if code == "" {
		return
	}
	if _, err := currency.ParseISO(code); err != nil {
		c.add(`must be a currency code that ISO 4217 assigns, such as "USD"`, path...)
	}
}

func (c *checker) money(money *commercev1.Money, at, field string) {
	c.currency(money.GetCurrencyCode(), at, field, ".currency_code")
}

func (c *checker) date(date string, path ...string) {
	if date == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		c.add(`must be a day that exists, as a calendar date "YYYY-MM-DD"`, path...)
	}
}

func (c *checker) time(t *timestamppb.Timestamp, path ...string) {
	if t != nil && t.CheckValid() != nil {
		c.add("must be a time between the years 1 and 9999 with 0 to 999,999,999 nanoseconds", path...)
	}
}

// Time checks a time in a request. It returns a violation or nothing.
func Time(t *timestamppb.Timestamp, path string) []fault.Violation {
	c := &checker{}
	c.time(t, path)
	return c.violations
}
