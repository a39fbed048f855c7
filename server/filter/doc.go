// Package filter compiles and evaluates the filters of connections: CEL
// expressions over "order" (spurline.commerce.v1.Order) and "shipment"
// (spurline.commerce.v1.Shipment) that say whether a connection takes a record.
//
//	f, err := filter.Compile(`order.order_source == "amazon"`)
//	...
//	takes, err := f.Eval(order, shipment)
//
// Only the standard functions of CEL are there, and an evaluation has a limit of
// cost: a filter is written by somebody who pays for none of it.
package filter
