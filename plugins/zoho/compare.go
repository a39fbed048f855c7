package zoho

import (
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// differing names the facts of a sales order that are not ours. What the answer leaves
// out is not compared.
func differing(body inventory.OrderBody, total string, there inventory.SalesOrder) []string {
	var names []string
	if there.Number != "" && fold(body.Number) != fold(string(there.Number)) {
		names = append(names, "salesorder_number")
	}
	texts := []struct {
		name  string
		ours  string
		there inventory.Text
	}{
		{"date", body.Date, there.Date},
		{"customer_id", body.CustomerID, there.CustomerID},
		{"delivery_method", body.DeliveryMethod, there.DeliveryMethod},
	}
	for _, text := range texts {
		if text.ours != "" && text.there != "" && text.ours != string(text.there) {
			names = append(names, text.name)
		}
	}
	if body.Notes != nil && there.Notes != "" && *body.Notes != string(there.Notes) {
		names = append(names, "notes")
	}
	if !sameLines(body.Lines, there.Lines) {
		names = append(names, "line_items")
	}
	amounts := []struct {
		name, ours string
		there      inventory.Text
	}{
		{"shipping_charge", string(body.ShippingCharge), there.ShippingCharge},
		{"adjustment", string(body.Adjustment), there.Adjustment},
		{"total", total, there.Total},
	}
	for _, amount := range amounts {
		if amount.ours != "" && amount.there != "" && !sameAmount(amount.ours, string(amount.there)) {
			names = append(names, amount.name)
		}
	}
	return names
}

// sameLines says that there are the same lines, in whatever order.
func sameLines(ours []inventory.LineBody, there []inventory.OrderLine) bool {
	if len(there) == 0 || len(ours) != len(there) {
		return len(there) == 0 // A list of orders has no lines.
	}
	byID := map[string]inventory.OrderLine{}
	for _, line := range there {
		byID[string(line.ID)] = line
	}
	for _, line := range keepLines(ours, there) {
		other, ok := byID[line.LineID]
		switch {
		case !ok, !sameAmount(string(line.Quantity), string(other.Quantity)):
			return false
		case line.Rate != "" && other.Rate != "" && !sameAmount(string(line.Rate), string(other.Rate)):
			return false
		}
	}
	return true
}
