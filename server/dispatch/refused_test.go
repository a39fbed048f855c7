package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// refuse has outcomes refused, all of a delivery or only those with what the plugin said.
func (w *world) refuse(id store.DeliveryID, all bool) {
	refuses := func(c store.Completion) error {
		if c.ID == id && (all || c.Remote != nil) {
			return errors.New("this row does not fit")
		}
		return nil
	}
	w.hooked.refuses.Store(&refuses)
}

func (w *world) refuseNone() { w.hooked.refuses.Store(nil) }

// TestOutcomeThatCannotBeWritten holds up no others. Its delivery stays pending and goes
// again as one that may have arrived, and it is logged once (promises P2 and P3).
func TestOutcomeThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, all := range map[string]bool{"for what the plugin said": false, "whatever it is": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorld(t, func(w *world) {
				w.plugins.setReady(false)
				w.connect("one")
				bad := w.submit("A-0", "bad", "UPS")[0].ID
				w.refuse(bad, all)
				var made []store.DeliveryRef
				for i := range 40 {
					made = append(made, w.submit(fmt.Sprintf("A-%d", i), fmt.Sprintf("N%d", i), "UPS")...)
				}
				w.plugins.setReady(true)
				w.settle()
				for _, ref := range made {
					w.wantState(ref.ID, store.Delivered, "")
				}
				made = w.submit("A-1", "later", "UPS")
				w.pass(10 * time.Second)
				w.wantState(made[0].ID, store.Delivered, "")
				if n := len(w.plugins.sent()); n != 42 {
					t.Errorf("sent %d times while the outcome is tried again, want 42", n)
				}
				w.pass(2 * time.Minute)
				if n := w.log.errors(bad.String()); n != 1 {
					t.Errorf("the delivery is in %d lines of the log, want 1", n)
				}
				if !all {
					if d := w.wantState(bad, store.Pending, "OUTCOME_NOT_KEPT"); !d.FateUnknown || d.Sends != 1 || d.Spent != 0 {
						t.Errorf("fate unknown %t after %d sends, %d spent", d.FateUnknown, d.Sends, d.Spent)
					}
				}
				w.refuseNone()
				w.pass(time.Hour)
				w.wantState(bad, store.Delivered, "")
				sent := w.plugins.sent()
				if len(sent) < 43 || len(sent) > 60 {
					t.Errorf("sent %d times in an hour, want a repeat, and not more than one a minute", len(sent))
				}
				for _, again := range sent[42:] {
					if !again.GetHeader().GetFateUnknown() {
						t.Errorf("a repeat is not announced as one")
					}
				}
			})
		})
	}
}

// TestOutcomeThatIsLostStaysInDoubt over the end of the process (promise P3).
func TestOutcomeThatIsLostStaysInDoubt(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.setReady(false)
		w.connect("one")
		bad := w.submit("A-0", "bad", "UPS")[0].ID
		w.refuse(bad, true)
		w.plugins.setReady(true)
		for i := range 20 {
			w.submit("A-1", fmt.Sprintf("N%d", i), "UPS")
			w.pass(10 * time.Second)
		}
		w.stop()
		w.reopen()
		if d := w.wantState(bad, store.Pending, ""); !d.FateUnknown {
			t.Errorf("it may have arrived, and nobody knows")
		}
	})
}

// TestDrainOnAFullDisk: outcomes that cannot be written down hold the drain up no longer
// than its grace, and stay in doubt (promises P2 and P3).
func TestDrainOnAFullDisk(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		full := func(store.Completion) error { return fmt.Errorf("disk: %w", store.ErrFull) }
		w.plugins.script(func(ctx context.Context, _ *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult {
			wait(ctx, time.Second)
			return delivered()
		})
		answered := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.hooked.refuses.Store(&full)
		w.pass(5 * time.Second)
		underWay := w.submit("A-2", "N2", "UPS")[0].ID
		w.settle()
		before := time.Now()
		w.drain()
		if took := time.Since(before); took > 20*time.Second {
			t.Errorf("drained in %s, want at most the grace of 20 s", took)
		}
		w.stop()
		w.reopen()
		for _, id := range []store.DeliveryID{answered, underWay} {
			if d := w.wantState(id, store.Pending, ""); !d.FateUnknown {
				t.Errorf("it may have arrived, and nobody knows")
			}
		}
	})
}

// TestDiskThatIsFullForAMoment: with room again while the server drains, outcomes are
// written down as they were.
func TestDiskThatIsFullForAMoment(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		start := time.Now()
		full := func(store.Completion) error {
			if time.Since(start) > 10*time.Second {
				return nil
			}
			return fmt.Errorf("disk: %w", store.ErrFull)
		}
		w.hooked.refuses.Store(&full)
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.settle()
		w.drain()
		w.wantState(id, store.Delivered, "")
	})
}

// TestDiskThatIsNearlyFull: what a full disk refuses is no fault of the outcome, so it is
// not given up while the server runs, also where something smaller would have room
// (promises P2 and P3).
func TestDiskThatIsNearlyFull(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.connect("one")
		full := func(c store.Completion) error {
			if c.Remote == nil {
				return nil
			}
			return fmt.Errorf("disk: %w", store.ErrFull)
		}
		w.hooked.refuses.Store(&full)
		id := w.submit("A-1", "N1", "UPS")[0].ID
		w.pass(5 * time.Minute)
		w.refuseNone()
		w.pass(10 * time.Second)
		w.wantState(id, store.Delivered, "")
		if n := len(w.plugins.sent()); n != 1 {
			t.Errorf("sent %d times, want once", n)
		}
	})
}

// TestOutcomesThatCannotBeWritten side by side with others take none of them along.
func TestOutcomesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	inWorld(t, func(w *world) {
		w.plugins.setReady(false)
		w.connect("one")
		bad := map[store.DeliveryID]bool{}
		var made []store.DeliveryRef
		for i := range 40 {
			made = append(made, w.submit(fmt.Sprintf("A-%d", i), fmt.Sprintf("N%d", i), "UPS")...)
			bad[made[i].ID] = i%3 == 0
		}
		refuses := func(c store.Completion) error {
			if bad[c.ID] {
				return errors.New("this row does not fit")
			}
			return nil
		}
		w.hooked.refuses.Store(&refuses)
		w.plugins.setReady(true)
		w.settle()
		if s := w.dispatcher.Stats(); s.UnderWay != 14 || s.LedgerQueue != 14 {
			t.Errorf("%d under way, %d outcomes wait, want the 14 that are refused", s.UnderWay, s.LedgerQueue)
		}
		for i, ref := range made {
			if i%3 != 0 {
				w.wantState(ref.ID, store.Delivered, "")
			}
		}
		w.refuseNone()
		w.pass(10 * time.Second)
		if s := w.dispatcher.Stats(); s.UnderWay != 0 || s.LedgerQueue != 0 {
			t.Errorf("%d under way, %d outcomes wait, want none", s.UnderWay, s.LedgerQueue)
		}
		for _, ref := range made {
			w.wantState(ref.ID, store.Delivered, "")
		}
	})
}
