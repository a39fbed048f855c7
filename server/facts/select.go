package facts

import (
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// The facts by the names that code here uses. A store.Fact has the number of the
// contract's OrderFact.
const (
	orderSource          = store.Fact(pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE)
	orderNumber          = store.Fact(pluginv1.OrderFact_ORDER_FACT_ORDER_NUMBER)
	orderTime            = store.Fact(pluginv1.OrderFact_ORDER_FACT_ORDER_TIME)
	destinationCountry   = store.Fact(pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY)
	destinationAddress   = store.Fact(pluginv1.OrderFact_ORDER_FACT_DESTINATION_ADDRESS)
	customer             = store.Fact(pluginv1.OrderFact_ORDER_FACT_CUSTOMER)
	shippingMethod       = store.Fact(pluginv1.OrderFact_ORDER_FACT_SHIPPING_METHOD)
	extraFields          = store.Fact(pluginv1.OrderFact_ORDER_FACT_EXTRA_FIELDS)
	lineItems            = store.Fact(pluginv1.OrderFact_ORDER_FACT_LINE_ITEMS)
	totals               = store.Fact(pluginv1.OrderFact_ORDER_FACT_TOTALS)
	promisedDeliveryDate = store.Fact(pluginv1.OrderFact_ORDER_FACT_PROMISED_DELIVERY_DATE)
)

// all lists every fact.
var all = []store.Fact{
	orderSource, orderNumber, orderTime, destinationCountry, destinationAddress, customer,
	shippingMethod, extraFields, lineItems, totals, promisedDeliveryDate,
}

// Join returns an order that holds only the wanted facts: the order's own, and
// where it lacks one the shipment's. Either may be nil. What is not known is
// absent from the result, which shares memory with its sources.
func Join(order *commercev1.Order, shipment *commercev1.Shipment, wanted store.FactSet) *commercev1.Order {
	joined := &commercev1.Order{}
	under := ofShipment(shipment)
	for _, fact := range all {
		if wanted.Has(fact) && !add(joined, order, fact) {
			add(joined, under, fact)
		}
	}
	return joined
}

// ofShipment returns the facts that a shipment carries for an order that never
// came.
func ofShipment(shipment *commercev1.Shipment) *commercev1.Order {
	return &commercev1.Order{OrderSource: shipment.OrderSource, ShipTo: shipment.Destination}
}

// add puts one fact of from into to and says whether from has it.
func add(to, from *commercev1.Order, fact store.Fact) bool {
	if from == nil {
		return false
	}
	switch fact {
	case orderSource:
		to.OrderSource = from.OrderSource
		return from.OrderSource != nil
	case orderNumber:
		to.OrderNumber = from.OrderNumber
		return from.OrderNumber != nil
	case orderTime:
		to.OrderTime = from.OrderTime
		return from.OrderTime != nil
	case shippingMethod:
		to.ShippingMethod = from.ShippingMethod
		return from.ShippingMethod != nil
	case extraFields:
		to.ExtraFields = from.ExtraFields
		return len(from.ExtraFields) > 0
	case lineItems:
		to.LineItems = from.LineItems
		return len(from.LineItems) > 0
	case totals:
		to.CurrencyCode, to.Totals = from.CurrencyCode, from.Totals
		return from.CurrencyCode != nil || from.Totals != nil
	case promisedDeliveryDate:
		to.PromisedDeliveryDate = from.PromisedDeliveryDate
		return from.PromisedDeliveryDate != nil
	case destinationCountry, destinationAddress, customer:
		return addAddress(to, from, fact)
	}
	return false
}

// addAddress adds the facts that share Order.ship_to.
func addAddress(to, from *commercev1.Order, fact store.Fact) bool {
	address := from.GetShipTo()
	part := &commercev1.Address{}
	if address != nil {
		switch fact {
		case destinationCountry:
			part.CountryCode = address.CountryCode
		case destinationAddress:
			part = &commercev1.Address{
				Lines: address.Lines, City: address.City, State: address.State,
				PostalCode: address.PostalCode, CountryCode: address.CountryCode,
			}
		case customer:
			part = &commercev1.Address{
				Name: address.Name, Company: address.Company, Phone: address.Phone, Email: address.Email,
			}
		}
	}
	known := !isEmpty(part)
	if known {
		to.ShipTo = overlay(to.ShipTo, part)
	}
	if fact == customer && from.Customer != nil {
		to.Customer = from.Customer
		known = true
	}
	return known
}

func isEmpty(a *commercev1.Address) bool {
	return a.Name == nil && a.Company == nil && len(a.Lines) == 0 && a.City == nil && a.State == nil &&
		a.PostalCode == nil && a.CountryCode == nil && a.Phone == nil && a.Email == nil
}

// overlay returns base with what top has. Neither is changed: both may be shared.
func overlay(base, top *commercev1.Address) *commercev1.Address {
	if base == nil {
		return top
	}
	result := &commercev1.Address{
		Name: first(top.Name, base.Name), Company: first(top.Company, base.Company),
		Lines: base.Lines, City: first(top.City, base.City), State: first(top.State, base.State),
		PostalCode:  first(top.PostalCode, base.PostalCode),
		CountryCode: first(top.CountryCode, base.CountryCode),
		Phone:       first(top.Phone, base.Phone), Email: first(top.Email, base.Email),
	}
	if len(top.Lines) > 0 {
		result.Lines = top.Lines
	}
	return result
}

func first(a, b *string) *string {
	if a != nil {
		return a
	}
	return b
}
