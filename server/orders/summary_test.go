package orders

import (
	"testing"

	"github.com/spurline/spurline/server/store"
)

// The summary counts what the sentences below it say, and nothing else.
func TestSummary(t *testing.T) {
	t.Parallel()
	brought := func(state store.DeliveryState, revision, covers int64) situation {
		return situation{
			record: record{revision: 3}, connection: &store.Connection{},
			delivery: &store.Delivery{State: state, Revision: revision, Covers: covers},
		}
	}
	for name, tc := range map[string]struct {
		told []situation
		want string
	}{
		"each state": {
			[]situation{
				brought(store.Delivered, 3, 3), brought(store.Delivered, 3, 3), brought(store.Pending, 3, 3),
				brought(store.Blocked, 3, 3), brought(store.Failed, 3, 3), brought(store.Skipped, 3, 3),
				brought(store.Cancelled, 3, 3), brought(store.Superseded, 3, 3),
			},
			"Order with 2 tracking numbers: of 8 deliveries 2 delivered, 1 waiting, 1 waiting for the order, " +
				"1 failed and in need of a hand, 1 skipped on purpose, 1 cancelled, 1 superseded.",
		},
		"one that a later revision adds nothing to": {
			[]situation{brought(store.Delivered, 1, 3)},
			"Order with 2 tracking numbers: of 1 delivery 1 delivered.",
		},
		"outdated, and one that will bring what there is": {
			[]situation{brought(store.Delivered, 2, 2), brought(store.Pending, 2, 2)},
			"Order with 2 tracking numbers: of 2 deliveries 1 waiting, 1 of an older revision.",
		},
		"of a deleted connection": {
			[]situation{brought(store.Pending, 3, 3), {delivery: &store.Delivery{State: store.Cancelled}}},
			"Order with 2 tracking numbers: of 2 deliveries 1 waiting, 1 of deleted connections.",
		},
		"one never made": {
			[]situation{brought(store.Delivered, 3, 3), {}},
			"Order with 2 tracking numbers: of 1 delivery 1 delivered; 1 more was not made, which says why below.",
		},
		"some never made": {
			[]situation{brought(store.Delivered, 3, 3), {}, {}},
			"Order with 2 tracking numbers: of 1 delivery 1 delivered; 2 more were not made, which say why below.",
		},
		"none made": {
			[]situation{{}, {}},
			"Order with 2 tracking numbers: kept, but nothing was sent; each connection says why below.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := &tally{orderKnown: true, numbers: 2, connections: 1, states: map[store.DeliveryState]int{}}
			for _, s := range tc.told {
				counts.add(s)
			}
			if got := counts.summary(); got != tc.want {
				t.Errorf("summary = %q, want %q", got, tc.want)
			}
		})
	}
}
