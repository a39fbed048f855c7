package sdk

import (
	"context"
	"testing"
	"testing/synctest"
)

// Who waits for a slot gets it in turn, and who gives up holds nobody up.
func TestSlotsAreTakenInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, of, never := newSlots(1), account{id: "a"}, make(chan struct{})
		if !s.take(t.Context(), never, of) {
			t.Fatal("no slot of an idle account")
		}
		var order []int
		ctx, giveUp := context.WithCancel(t.Context())
		for n := range 5 {
			waits := t.Context()
			if n == 0 || n == 3 {
				waits = ctx
			}
			go func() {
				if s.take(waits, never, of) {
					order = append(order, n)
					s.giveBack(of)
				}
			}()
			synctest.Wait()
		}
		if !s.take(t.Context(), never, account{id: "a", connection: true}) {
			t.Error("a connection shares the slots of an account of its name")
		}
		giveUp()
		synctest.Wait()
		s.giveBack(of)
		synctest.Wait()
		if len(order) != 3 || order[0] != 1 || order[1] != 2 || order[2] != 4 {
			t.Errorf("they came in the order %v", order)
		}
		s.giveBack(account{id: "a", connection: true})
		if len(s.accounts) != 0 {
			t.Errorf("%d accounts are remembered", len(s.accounts))
		}
	})
}

// Nobody waits once the process stops.
func TestSlotsOfAStoppingProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, of, stopping := newSlots(1), account{id: "a"}, make(chan struct{})
		s.take(t.Context(), stopping, of)
		got := make(chan bool, 1)
		go func() { got <- s.take(t.Context(), stopping, of) }()
		synctest.Wait()
		close(stopping)
		if <-got {
			t.Error("a slot that was taken was given")
		}
		s.giveBack(of)
		if len(s.accounts) != 0 {
			t.Errorf("%d accounts are remembered", len(s.accounts))
		}
	})
}
