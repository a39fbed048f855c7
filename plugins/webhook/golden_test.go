package webhook

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestGoldenBodies compares what the receiver gets with bodies written by hand.
func TestGoldenBodies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		change   func(*Settings)
		order    *sdk.OrderDelivery
		tracking *sdk.TrackingDelivery
	}{
		{name: "order", order: anOrder()},
		{name: "order_everything", change: everything, order: anOrder()},
		{name: "order_bare", order: &sdk.OrderDelivery{
			Delivery: sdk.Delivery{RecordKey: "order:1", ContentKey: "c", Revision: 1},
			Order: &commercev1.Order{
				OrderId: "A-1", Status: commercev1.OrderStatus_ORDER_STATUS_CANCELLED, SourceUpdateTime: anOrder().Order.OrderTime,
			},
		}},
		{name: "tracking", tracking: aParcel()},
		{name: "tracking_everything", change: everything, tracking: aParcel()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			change := test.change
			if change == nil {
				change = func(*Settings) {}
			}
			b := newBench(t, change)
			if test.order != nil {
				wanted(t, b.sender.CopyOrder(t.Context(), test.order), isDelivered, "")
			} else {
				wanted(t, b.sender.ForwardTracking(t.Context(), test.tracking), isDelivered, "")
			}
			got := b.noProblems(t, 1)[0]
			raw, err := os.ReadFile(filepath.Join("testdata", "bodies", test.name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var want, sent map[string]any
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(got.Raw, &sent); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, sent); diff != "" {
				t.Errorf("(-golden +sent):\n%s", diff)
			}
		})
	}
}

// TestBodiesAreTheSameBytes on every attempt, and have no white space that protojson
// puts in at random.
func TestBodiesAreTheSameBytes(t *testing.T) {
	t.Parallel()
	b := newBench(t, everything)
	for range 2 {
		wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	}
	journal := b.noProblems(t, 2)
	if string(journal[0].Raw) != string(journal[1].Raw) || !journal[1].Repeat {
		t.Errorf("%s\n%s", journal[0].Raw, journal[1].Raw)
	}
	var compact map[string]json.RawMessage
	if err := json.Unmarshal(journal[0].Raw, &compact); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"order.created","timestamp":"2026-11-22T06:01:00Z","data":{"merchant_id":"acme","revision":1,` +
		`"order":{"order_id":" A/1 №7 ","order_number":"100234",`
	if got := string(journal[0].Raw); len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("body begins %s", got[:min(len(got), len(want))])
	}
}

// TestUnreadableRecords are refused unsent: JSON has no text that is not UTF-8.
func TestUnreadableRecords(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := anOrder()
	d.Order.OrderNumber = proto.String("\xff")
	r := b.sender.CopyOrder(t.Context(), d)
	wanted(t, r, isRejected, "RECORD_UNREADABLE")
	b.noProblems(t, 0)
}
