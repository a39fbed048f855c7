package orders_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// Promise P10: from a tracking number alone, however it is written.
func TestExplainFromATrackingNumberAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect("tracking")
	w.order(&commercev1.Order{OrderId: "A-1", Customer: &commercev1.Customer{Name: proto.String("Jane Doe")}})
	receipt := w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z 999"})
	w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z 888"})
	apitest.End(t, w.store, receipt.Deliveries[0].ID, store.Delivered, store.Attempt{
		Number: 1, Start: w.now, Duration: time.Second, Outcome: store.OutcomeDelivered,
	})
	response := w.explain(byNumber("merchants/-", " 1z999"))
	if len(response.GetStories()) != 1 {
		t.Fatalf("stories = %v, want one", response.GetStories())
	}
	story := response.GetStories()[0]
	if story.GetMerchant() != "merchants/acme" || story.GetOrderId() != "A-1" || !story.GetOrderKnown() ||
		len(story.GetRecords()) != 2 {
		t.Fatalf("story = %v, want the order and the one number", story)
	}
	order, record := story.GetRecords()[0], story.GetRecords()[1]
	if order.GetKind() != apiv1.RecordKind_RECORD_KIND_ORDER || len(order.GetConnections()) != 0 {
		t.Errorf("order = %v, want no connection, since none takes orders", order)
	}
	told := record.GetConnections()[0]
	if record.GetTrackingNumber() != "1Z 999" || told.GetConnection() != "merchants/acme/connections/tracking" ||
		told.GetDelivery().GetState() != apiv1.DeliveryState_DELIVERY_STATE_DELIVERED ||
		!strings.HasPrefix(told.GetSummary(), "Delivered to AfterShip as remote-") || len(told.GetAttempts()) != 1 {
		t.Errorf("told = %v", told)
	}
	if want := "Order and the tracking number asked for: of 1 delivery 1 delivered."; story.GetSummary() != want {
		t.Errorf("summary = %q, want %q", story.GetSummary(), want)
	}
	if strings.Contains(fmt.Sprint(response), "Jane") {
		t.Error("the story shows personal data")
	}
}

func TestExplainTellsOfEveryConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	kept, gone := w.connect("kept"), w.connect("gone")
	w.connect("orders", func(c *store.Connection) { c.Takes = store.Takes{Orders: true} })
	disabled := w.connect("disabled")
	if _, err := w.store.SetConnectionState(ctx, store.StateChange{
		Connection: disabled.Key, State: store.Disabled, Reason: "DISABLED_BY_OPERATOR", Now: w.now,
	}); err != nil {
		t.Fatal(err)
	}
	w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"})
	w.now = w.now.Add(time.Minute)
	w.connect("later")
	if _, err := w.store.DeleteConnection(ctx, gone.Key, 0, true, w.now); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.SetConnectionState(ctx, store.StateChange{
		Connection: kept.Key, State: store.Paused, Reason: "INVALID_KEY", Hint: "make a new one", Now: w.now,
	}); err != nil {
		t.Fatal(err)
	}
	story := w.explain(byOrder("merchants/acme", "A-1")).GetStories()[0]
	if story.GetOrderKnown() || len(story.GetRecords()) != 1 {
		t.Fatalf("story = %v, want the number alone", story)
	}
	told := map[string]string{}
	for _, c := range story.GetRecords()[0].GetConnections() {
		told[strings.TrimPrefix(c.GetConnection(), "merchants/acme/connections/")] = c.GetSummary()
	}
	for id, want := range map[string]string{
		"kept":     "AfterShip refuses the connection, which is paused: INVALID_KEY (make a new one)",
		"gone":     "because the connection was deleted",
		"disabled": "Not sent: the connection is disabled",
		"later":    "after the tracking record was accepted",
	} {
		if !strings.Contains(told[id], want) {
			t.Errorf("connection %s: told %q, want %q in it", id, told[id], want)
		}
	}
	if len(told) != 4 {
		t.Errorf("told of %v, want four connections", told)
	}
	want := "1 tracking number of an order that was not submitted itself: of 2 deliveries " +
		"1 waiting, 1 of deleted connections; 2 more were not made, which say why below."
	if story.GetSummary() != want {
		t.Errorf("summary = %q, want %q", story.GetSummary(), want)
	}
}

// A number that was submitted with another order is found by the first one too.
func TestExplainOfANumberThatMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect("tracking")
	w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"})
	w.parcel("A-2", &commercev1.Parcel{TrackingNumber: "1Z"})
	summary := func(id string) string {
		return w.explain(byOrder("merchants/-", id)).GetStories()[0].GetSummary()
	}
	want := "Nothing is kept of this order any more. Tracking number 1Z moved to order A-2."
	if got := summary("A-1"); got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
	w.order(&commercev1.Order{OrderId: "A-1"})
	want = "Order without tracking numbers so far; AfterShip takes tracking only. Tracking number 1Z moved to order A-2."
	if got := summary("A-1"); got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
	if got := summary("A-2"); strings.Contains(got, "moved") {
		t.Errorf("summary of the second order = %q", got)
	}
}

func TestExplainTellsOfThePlugin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect("tracking")
	w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"})
	status, _ := w.plugins.Plugin("aftership")
	status.State, status.Reason = pluginhost.Backoff, "ended with exit status 2"
	w.plugins.Set(status)
	story := w.explain(byNumber("merchants/acme", "1Z")).GetStories()[0]
	got := story.GetRecords()[0].GetConnections()[0].GetSummary()
	if want := `plugin "aftership" is BACKOFF: ended with exit status 2`; !strings.Contains(got, want) {
		t.Errorf("told %q, want %q in it", got, want)
	}
}

// A time that nothing will happen at is not shown.
func TestExplainShowsTheNextAttemptOnlyIfThereWillBeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	connection := w.connect("tracking")
	w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"})
	state := func(state store.ConnectionState) {
		t.Helper()
		if _, err := w.store.SetConnectionState(t.Context(), store.StateChange{
			Connection: connection.Key, State: state, Reason: "X", Now: w.now,
		}); err != nil {
			t.Fatal(err)
		}
	}
	plugin := func(state pluginhost.State) {
		status, _ := w.plugins.Plugin("aftership")
		status.State = state
		w.plugins.Set(status)
	}
	for _, step := range []struct {
		name   string
		change func()
		want   bool
	}{
		{"active", func() {}, true},
		{"paused", func() { state(store.Paused) }, false},
		{"disabled", func() { state(store.Disabled) }, false},
		{"plugin down", func() { state(store.Active); plugin(pluginhost.Backoff) }, false},
		{"all well again", func() { plugin(pluginhost.Ready) }, true},
	} {
		step.change()
		told := w.explain(byNumber("merchants/acme", "1Z")).GetStories()[0].GetRecords()[0].GetConnections()[0]
		if got := told.GetDelivery().GetNextAttemptTime() != nil; got != step.want {
			t.Errorf("%s: next attempt shown: %t, want %t", step.name, got, step.want)
		}
	}
}

func TestExplainOfAnOrderWithoutTracking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.order(&commercev1.Order{OrderId: "A-1"})
	summary := func() string { return w.explain(byOrder("merchants/acme", "A-1")).GetStories()[0].GetSummary() }
	if got := summary(); !strings.Contains(got, "the merchant has no connection") {
		t.Errorf("summary = %q", got)
	}
	w.connect("none", func(c *store.Connection) { c.Takes = store.Takes{} })
	if got := summary(); !strings.Contains(got, "no connection of the merchant takes such records") {
		t.Errorf("summary = %q", got)
	}
	w.connect("tracking")
	w.connect("more")
	if got, want := summary(), "Order without tracking numbers so far; AfterShip takes tracking only."; got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
	w.connect("other", func(c *store.Connection) { c.Plugin = "other" })
	want := "Order without tracking numbers so far; AfterShip, other take tracking only."
	if got := summary(); got != want {
		t.Errorf("summary = %q, want %q", got, want)
	}
}

// The filter may need facts of an order that is still to come.
func TestExplainOfWhatTheFilterLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect("tracking", func(c *store.Connection) { c.Takes.Facts = c.Takes.Facts.With(1) })
	id := w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"}).Deliveries[0].ID
	if err := w.store.Complete(t.Context(), []store.Completion{
		{ID: id, State: store.Skipped, Reason: "FILTERED", Now: w.now},
	}); err != nil {
		t.Fatal(err)
	}
	told := w.explain(byNumber("merchants/acme", "1Z")).GetStories()[0].GetRecords()[0].GetConnections()[0]
	if want := "its order is not known yet: when the order comes"; !strings.Contains(told.GetSummary(), want) {
		t.Errorf("told %q, want %q in it", told.GetSummary(), want)
	}
}

func TestExplainOverAllMerchantsShowsThoseTheCallerMaySee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.merchant
	for _, id := range []string{"other", "hidden"} {
		w.merchant = apitest.Merchant(t, w.store, id)
		w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"})
	}
	w.merchant = acme
	w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"})
	w.hidden = "hidden"
	for _, request := range []*apiv1.ExplainRequest{
		byNumber("merchants/-", "1z"), byOrder("merchants/-", "A-1"),
	} {
		stories := w.explain(request).GetStories()
		if len(stories) != 2 {
			t.Errorf("stories = %v, want those of two merchants", stories)
		}
		for _, story := range stories {
			if story.GetMerchant() == "merchants/hidden" || !strings.Contains(story.GetSummary(), "CreateConnection") {
				t.Errorf("story = %v", story)
			}
		}
	}
}

func TestExplainOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	_, err := w.client.Explain(ctx, byNumber("merchants/acme", "1Z"))
	apitest.WantError(t, err, codes.NotFound, "NOTHING_FOUND", "correct tracking_number")
	_, err = w.client.Explain(ctx, byOrder("merchants/-", "A-1"))
	apitest.WantError(t, err, codes.NotFound, "NOTHING_FOUND", "correct order_id")
	_, err = w.client.Explain(ctx, byOrder("merchants/nobody", "A-1"))
	apitest.WantError(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	_, err = w.client.Explain(ctx, byNumber("merchants/acme", " \u3000"))
	apitest.WantInvalid(t, err, "tracking_number", "more than spaces")
	_, err = w.client.Explain(ctx, &apiv1.ExplainRequest{Parent: "merchants/acme"})
	apitest.WantInvalid(t, err, "order_id", "set order_id or tracking_number")
}

func TestExplainShowsTheLastAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect("tracking")
	id := w.parcel("A-1", &commercev1.Parcel{TrackingNumber: "1Z"}).Deliveries[0].ID
	for number := 1; number <= 12; number++ {
		w.now = w.now.Add(time.Minute)
		apitest.End(t, w.store, id, store.Pending, store.Attempt{
			Number: number, Start: w.now, Outcome: store.OutcomeRetry, Reason: "HTTP_503",
		})
	}
	w.now = w.now.Add(time.Minute)
	apitest.End(t, w.store, id, store.Failed, store.Attempt{
		Number: 13, Start: w.now, Outcome: store.OutcomeRejected, Reason: "BAD_NUMBER", Hint: "correct it",
		FixScope: store.FixRecord, HTTPStatus: 400,
	})
	told := w.explain(byNumber("merchants/acme", "1Z")).GetStories()[0].GetRecords()[0].GetConnections()[0]
	attempts := told.GetAttempts()
	if len(attempts) != 10 || attempts[0].GetNumber() != 13 || attempts[9].GetNumber() != 4 {
		t.Errorf("%d attempts from %d on, want the last 10, the last first", len(attempts), attempts[0].GetNumber())
	}
	if want := "Failed after 13 sends: BAD_NUMBER (correct it); submit the corrected"; !strings.Contains(
		told.GetSummary(), want) {
		t.Errorf("told %q, want %q in it", told.GetSummary(), want)
	}
}
