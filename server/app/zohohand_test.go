package app_test

import (
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// attend does what operators do about orders that Zoho does not void, since something
// of them has left: their labels are voided, but wait for the order. Some remove the
// packages at Zoho and retry, as the hint says; others cancel the delivery, so that the
// labels are taken back, and retry then. It says whether there is something to wait for.
func (w *crashWorld) attend(c *customer) bool {
	w.t.Helper()
	refused, err := w.running.deliveries.ListDeliveries(w.t.Context(), &apiv1.ListDeliveriesRequest{
		Parent: c.name, Connection: c.name + "/connections/zoho", Reason: "VOID_REFUSED",
		State: apiv1.DeliveryState_DELIVERY_STATE_FAILED,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range refused.GetDeliveries() {
		w.voidsByHand++
		if w.voidsByHand%2 == 0 {
			w.emptyByHand(c, d.GetOrderId())
			w.retry(d.GetName())
			continue
		}
		_, err := w.running.deliveries.CancelDelivery(w.t.Context(), &apiv1.CancelDeliveryRequest{Name: d.GetName()})
		if err != nil {
			w.t.Errorf("cancel %s: %v", d.GetName(), err)
		}
		c.postponed = append(c.postponed, d)
	}
	c.retryPostponed(w)
	return len(refused.GetDeliveries()) > 0 || len(c.postponed) > 0
}

// retryPostponed retries the orders of which nothing is packed any more.
func (c *customer) retryPostponed(w *crashWorld) {
	w.t.Helper()
	var left []*apiv1.Delivery
	for _, d := range c.postponed {
		if packages, _ := c.packedOf(d.GetOrderId()); len(packages) > 0 {
			left = append(left, d)
			continue
		}
		w.retry(d.GetName())
	}
	c.postponed = left
}

func (w *crashWorld) retry(name string) {
	w.t.Helper()
	_, err := w.running.deliveries.RetryDelivery(w.t.Context(), &apiv1.RetryDeliveryRequest{Name: name})
	if err != nil {
		w.t.Errorf("retry %s: %v", name, err)
	}
}

// emptyByHand removes what is packed of an order.
func (w *crashWorld) emptyByHand(c *customer, orderID string) {
	w.t.Helper()
	packages, shipments := c.packedOf(orderID)
	for _, id := range shipments {
		w.removeByHand(c, "shipmentorders", id)
	}
	for _, id := range packages {
		w.removeByHand(c, "packages", id)
	}
}

// packedOf are the ids of the packages and the shipments of an order at Zoho.
func (c *customer) packedOf(orderID string) (packages, shipments []string) {
	organisation := c.books.Org(c.organisation())
	of := map[string]bool{}
	for _, order := range organisation.Orders() {
		of[order.ID] = order.Reference == orderID
	}
	for _, p := range organisation.Packages() {
		if of[p.OrderID] {
			packages = append(packages, p.ID)
		}
	}
	for _, s := range organisation.Shipments() {
		if of[s.OrderID] {
			shipments = append(shipments, s.ID)
		}
	}
	return packages, shipments
}
