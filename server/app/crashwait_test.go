package app_test

import (
	"fmt"
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// tellEvery is how often a test that waits for a connection tells what for.
const tellEvery = 30 * time.Second

// drain waits until no delivery of a connection is open. What holds it up is told now and
// then: a limit that the server keeps to looks like a lane that hangs.
func (w *crashWorld) drain(c *customer, id string, tick <-chan time.Time, over <-chan struct{}) {
	w.t.Helper()
	for told := time.Now(); ; {
		answer, err := w.running.connections.GetConnection(w.t.Context(), &apiv1.GetConnectionRequest{
			Name: c.name + "/connections/" + id,
		})
		if err != nil {
			w.t.Fatalf("%s: %v", c.name, err)
		}
		connection := answer.GetConnection()
		attended := id == "zoho" && w.attend(c)
		if connection.GetOpenDeliveries() == 0 && !attended {
			return
		}
		w.resume(connection)
		if time.Since(told) >= tellEvery {
			told = time.Now()
			waiting := w.why(c, connection)
			w.trace("wait for " + waiting)
			w.t.Log("wait for " + waiting)
		}
		select {
		case <-tick:
		case <-over:
			w.t.Fatalf("all was not delivered in time: %s\n%v", w.why(c, connection), connection)
		}
	}
}

// why is what the server says of a connection and of an open delivery there (promise P10),
// of one that waits for its order only if there is no other.
func (w *crashWorld) why(c *customer, connection *apiv1.Connection) string {
	w.t.Helper()
	told := fmt.Sprintf("%s, %s with %d open", connection.GetName(), connection.GetState(), connection.GetOpenDeliveries())
	for _, state := range []apiv1.DeliveryState{
		apiv1.DeliveryState_DELIVERY_STATE_PENDING, apiv1.DeliveryState_DELIVERY_STATE_BLOCKED,
	} {
		open, err := w.running.deliveries.ListDeliveries(w.t.Context(), &apiv1.ListDeliveriesRequest{
			Parent: c.name, Connection: connection.GetName(), State: state, PageSize: 1,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, d := range open.GetDeliveries() {
			return told + ": " + w.storyOf(c, d)
		}
	}
	return told
}

// storyOf is why a delivery is where it is.
func (w *crashWorld) storyOf(c *customer, d *apiv1.Delivery) string {
	w.t.Helper()
	answer, err := w.running.orders.Explain(w.t.Context(), &apiv1.ExplainRequest{
		Parent: c.name, Subject: &apiv1.ExplainRequest_OrderId{OrderId: d.GetOrderId()},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, story := range answer.GetStories() {
		for _, record := range story.GetRecords() {
			for _, at := range record.GetConnections() {
				if at.GetDelivery().GetName() == d.GetName() {
					return at.GetSummary()
				}
			}
		}
	}
	return d.GetName() + " is of an earlier revision"
}
