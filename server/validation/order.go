package validation

import (
	"fmt"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
)

// Order checks what the rules of its proto cannot say: an id that is more than
// spaces, codes that ISO assigns, days and times that exist, line ids that are
// unique. The order keeps the rules
// of its proto. Paths begin with prefix; a list that is too long for an error is
// cut.
func Order(order *commercev1.Order, prefix string) []fault.Violation {
	c := &checker{}
	c.orderID(prefix+".order_id", order.GetOrderId())
	c.country(prefix+".bill_to.country_code", order.GetBillTo().GetCountryCode())
	c.country(prefix+".ship_to.country_code", order.GetShipTo().GetCountryCode())
	c.currency(prefix+".currency_code", order.GetCurrencyCode())
	c.date(prefix+".requested_ship_date", order.GetRequestedShipDate())
	c.date(prefix+".promised_delivery_date", order.GetPromisedDeliveryDate())
	c.time(prefix+".order_time", order.GetOrderTime())
	c.time(prefix+".source_update_time", order.GetSourceUpdateTime())
	c.totals(prefix+".totals", order.GetTotals())
	c.lines(prefix+".line_items", order.GetLineItems())
	return bounded(c.violations, prefix)
}

func (c *checker) totals(path string, totals *commercev1.OrderTotals) {
	c.money(path+".sub_total", totals.GetSubTotal())
	c.money(path+".discount", totals.GetDiscount())
	c.money(path+".tax", totals.GetTax())
	c.money(path+".shipping", totals.GetShipping())
	c.money(path+".adjustment", totals.GetAdjustment())
	c.money(path+".grand_total", totals.GetGrandTotal())
}

func (c *checker) lines(path string, lines []*commercev1.LineItem) {
	positions := make(map[string]int, len(lines))
	for i, line := range lines {
		if line.UnitPrice != nil || line.Discount != nil || line.Tax != nil {
			at := fmt.Sprintf("%s[%d]", path, i)
			c.money(at+".unit_price", line.UnitPrice)
			c.money(at+".discount", line.Discount)
			c.money(at+".tax", line.Tax)
		}
		id := line.GetLineId()
		if id == "" {
			continue
		}
		if other, taken := positions[id]; taken {
			c.add(fmt.Sprintf("%s[%d].line_id", path, i),
				fmt.Sprintf("must be unique within the order, but %s[%d] has the same", path, other))
			continue
		}
		positions[id] = i
	}
}
