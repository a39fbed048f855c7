// Package deliveries serves the DeliveryService: where each delivery is, what
// was tried, and how to mend it by hand.
package deliveries
