package zohotest

import (
	"encoding/json"
	"maps"
	"strings"
)

// orderRow is a sales order in a list.
func (o *organisation) orderRow(order *Order) map[string]any {
	customer := ""
	if c := o.contact(order.CustomerID); c != nil {
		customer = c.Name
	}
	invoiced := "not_invoiced"
	if len(order.Invoices) > 0 {
		invoiced = "invoiced"
	}
	return map[string]any{
		"salesorder_id": order.ID, "salesorder_number": order.Number, "reference_number": order.Reference,
		"status": order.Status, "shipped_status": order.ShippedStatus, "invoiced_status": invoiced,
		"paid_status": "unpaid", "date": order.Date, "shipment_date": order.ShipmentDate,
		"customer_id": order.CustomerID, "customer_name": customer, "currency_id": order.currency.ID,
		"currency_code": order.Currency, "total": order.Total.json(), "delivery_method": order.DeliveryMethod,
		"created_time": stamp(order.Created), "last_modified_time": stamp(order.Modified),
	}
}

// renderOrder is a sales order as a whole (Zoho Inventory reference, section 3.3).
func (o *organisation) renderOrder(order *Order) map[string]any {
	lines, packages, invoices, fields := []any{}, []any{}, []any{}, []any{}
	for _, l := range order.Lines {
		lines = append(lines, l.render())
	}
	for _, p := range o.packagesOf(order) {
		packages = append(packages, o.packageOfOrder(p))
	}
	for _, number := range order.Invoices {
		invoices = append(invoices, map[string]any{"invoice_number": number, "status": "sent"})
	}
	for _, f := range o.CustomFields {
		if value, ok := order.CustomFields[f.APIName]; ok {
			fields = append(fields, map[string]any{
				"customfield_id": f.ID, "label": f.Label, "api_name": f.APIName, "value": value,
			})
		}
	}
	whole := o.orderRow(order)
	maps.Copy(whole, map[string]any{
		"line_items": lines, "packages": packages, "invoices": invoices, "custom_fields": fields,
		"exchange_rate": order.ExchangeRate.json(), "discount": shownDiscount(order.Discount),
		"discount_type": order.DiscountType, "discount_total": order.DiscountTotal.json(),
		"is_discount_before_tax": order.DiscountBeforeTax, "is_inclusive_tax": order.InclusiveTax,
		"shipping_charge": order.ShippingCharge.json(), "adjustment": order.Adjustment.json(),
		"adjustment_description": order.AdjustmentDescription, "sub_total": order.SubTotal.json(),
		"tax_total": order.TaxTotal.json(), "notes": order.Notes, "terms": order.Terms,
		"billing_address": order.Billing.render(), "shipping_address": order.Shipping.render(),
		"billing_address_id": order.Billing.ID, "shipping_address_id": order.Shipping.ID,
	})
	return whole
}

func (l Line) render() map[string]any {
	return map[string]any{
		"line_item_id": l.ID, "item_id": l.ItemID, "sku": l.SKU, "name": l.Name, "description": l.Description,
		"rate": l.Rate.json(), "quantity": l.Quantity.json(), "unit": l.Unit, "discount": shownDiscount(l.Discount),
		"tax_id": l.TaxID, "tax_name": l.taxName, "tax_percentage": l.TaxPercentage.json(),
		"item_total": l.Total.json(), "quantity_packed": l.Packed.json(), "quantity_shipped": l.Shipped.json(),
		"quantity_invoiced": l.Invoiced.json(),
	}
}

// shownDiscount is a number, or a text if it is a share.
func shownDiscount(given string) any {
	if strings.HasSuffix(given, "%") {
		return given
	}
	return json.Number(Decimal(given).json())
}
