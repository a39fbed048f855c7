package dispatch

import (
	"context"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// readyPlugins are plugins that are all ready.
type readyPlugins struct{}

func (readyPlugins) Describe(string) (*pluginv1.Description, bool) { return nil, true }

func (readyPlugins) ForwardTracking(
	context.Context, string, *pluginv1.ForwardTrackingRequest, func(*pluginv1.DeliveryResult),
) error {
	return pluginhost.ErrUnavailable
}

func (readyPlugins) CopyOrders(
	context.Context, string, *pluginv1.CopyOrdersRequest, func(*pluginv1.DeliveryResult),
) error {
	return pluginhost.ErrUnavailable
}

// TestDeletedConnectionIsNotReadFor: whatever a lane waited for when its connection was
// deleted, and whatever is still under way, nothing more is taken out of it while its
// deliveries are cancelled in steps.
func TestDeletedConnectionIsNotReadFor(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]func(l *loop, lane *lane){
		"plugin ready": func(l *loop, _ *lane) { l.release("scripted") },
		"call ended":   func(l *loop, _ *lane) { l.releaseWaiting(l.load("scripted")) },
		"account free": func(l *loop, lane *lane) { l.releaseHeld(lane.account) },
		"outcome written": func(l *loop, lane *lane) {
			l.finish(&writtenOutcome{connection: lane.key, id: 1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, now := newLoop(New(Options{Plugins: readyPlugins{}})), time.Now()
			other := l.lane(8)
			other.connection = &store.Connection{Key: 8, Plugin: "scripted", AccountID: "shared", State: store.Active}
			l.accountOf(other)
			deleted := l.lane(7)
			deleted.connection = &store.Connection{Key: 7, Plugin: "scripted", AccountID: "shared", State: store.Active}
			shared := l.accountOf(deleted)
			load := l.load("scripted")
			load.parked[deleted], shared.held[deleted] = struct{}{}, struct{}{}
			load.wait(deleted)
			if name == "outcome written" {
				deleted.underWay[1] = underWay{account: shared}
				shared.underWay++
			}
			l.take(&turn{lane: deleted, gone: true}, false)
			if name == "account free" {
				release(l, other)
			} else {
				release(l, deleted)
			}
			for lane := l.later.due(time.Now()); lane != nil; lane = l.later.due(time.Now()) {
				if turn := l.admit(lane, now); lane == deleted && turn != nil && turn.known != nil {
					t.Fatal("the lane of a deleted connection is read for as it was")
				} else if lane == deleted && turn != nil {
					turn.gone = true
					l.take(turn, false)
				}
			}
			if _, known := l.lanes[deleted.key]; known || shared.lanes != 1 {
				t.Errorf("the lane is kept: %t; the account has %d lanes, want that of the other connection",
					known, shared.lanes)
			}
		})
	}
}
