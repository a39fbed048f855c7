// Package orders serves the OrderService: what was submitted, and from an order
// id or a tracking number alone what became of it (promise P10).
//
// Explain reads the records, the connections, the last delivery on each and the
// state of the plugins, and says of each pair of record and connection one
// sentence, which is true whatever state they are in: tell. The sentences name
// no personal data.
package orders
