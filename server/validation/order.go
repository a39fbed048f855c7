package validation

import (
	"fmt"
	"strconv"

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
	c.orderID(order.GetOrderId(), prefix, ".order_id")
	c.country(order.GetBillTo().GetCountryCode(), prefix, ".bill_to.country_code")
	c.country(order.GetShipTo().GetCountryCode(), prefix, ".ship_to.country_code")
	c.currency(order.GetCurrencyCode(), prefix, ".currency_code")
	c.date(order.GetRequestedShipDate(), prefix, ".requested_ship_date")
	c.date(order.GetPromisedDeliveryDate(), prefix, ".promised_delivery_date")
	c.time(order.GetOrderTime(), prefix, ".order_time")
	c.time(order.GetSourceUpdateTime(), prefix, ".source_update_time")
	c.totals(prefix+".totals", order.GetTotals())
	c.lines(prefix+".line_items", order.GetLineItems())
	return bounded(c.violations, prefix)
}

func (c *checker) totals(path string, totals *commercev1.OrderTotals) {
	c.money(totals.GetSubTotal(), path, ".sub_total")
	c.money(totals.GetDiscount(), path, ".discount")
	c.money(totals.GetTax(), path, ".tax")
	c.money(totals.GetShipping(), path, ".shipping")
	c.money(totals.GetAdjustment(), path, ".adjustment")
	c.money(totals.GetGrandTotal(), path, ".grand_total")
}

func (c *checker) lines(path string, lines []*commercev1.LineItem) {
	positions := make(map[string]int, len(lines))
	for i, line := range lines {
		if line.UnitPrice != nil || line.Discount != nil || line.Tax != nil {
			at := path + "[" + strconv.Itoa(i) + "]"
			c.money(line.UnitPrice, at, ".unit_price")
			c.money(line.Discount, at, ".discount")
			c.money(line.Tax, at, ".tax")
		}
		id := line.GetLineId()
		if id == "" {
			continue
		}
		if other, taken := positions[id]; taken {
			c.add(fmt.Sprintf("must be unique within the order, but %s[%d] has the same", path, other),
				path, "[", strconv.Itoa(i), "].line_id")
			continue
		}
		positions[id] = i
	}
}
