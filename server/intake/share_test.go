package intake

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestSharesHoldBackOneMerchant, in the order in which they came, and no other.
func TestSharesHoldBackOneMerchant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(time.Now)
		var running sync.WaitGroup
		var entered []int
		for i := range mostAlone + 3 {
			running.Go(func() {
				if err := s.enter(t.Context(), "flood"); err != nil {
					t.Error(err)
				}
				entered = append(entered, i)
			})
			synctest.Wait()
		}
		if len(entered) != mostAlone {
			t.Fatalf("%d are under way, want %d", len(entered), mostAlone)
		}
		for range 2 {
			if err := s.enter(t.Context(), "other"); err != nil {
				t.Error(err)
			}
			s.leave("other")
		}
		for more := range 3 {
			s.leave("flood")
			synctest.Wait()
			if want := mostAlone + more + 1; len(entered) != want {
				t.Errorf("%d have entered, want %d", len(entered), want)
			}
		}
		running.Wait()
		if !slices.IsSorted(entered) {
			t.Errorf("entered in the order %v", entered)
		}
		for range mostAlone {
			s.leave("flood")
		}
		if len(s.byMerchant) != 0 {
			t.Errorf("%d merchants are remembered who have nothing under way", len(s.byMerchant))
		}
	})
}

// TestSharesOfThoseWhoGaveUp go to those behind them.
func TestSharesOfThoseWhoGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := filled(t, mostAlone)
		ctx, giveUp := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := s.enter(ctx, "m"); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want that it was cancelled", err)
			}
		})
		synctest.Wait()
		behind := false
		running.Go(func() {
			if err := s.enter(t.Context(), "m"); err != nil {
				t.Error(err)
			}
			behind = true
		})
		synctest.Wait()
		giveUp()
		synctest.Wait()
		if behind {
			t.Error("two are under way")
		}
		s.leave("m")
		running.Wait()
		for range mostAlone {
			s.leave("m")
		}
		if len(s.byMerchant) != 0 {
			t.Error("a place is lost")
		}
	})
}

// filled has so many of merchant m under way.
func filled(t *testing.T, n int) *shares {
	t.Helper()
	s := newShares(time.Now)
	for range n {
		if err := s.enter(t.Context(), "m"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestShareThatComesTooLate: whoever gives up just when the turn has come hands it on.
func TestShareThatComesTooLate(t *testing.T) {
	t.Parallel()
	for range 200 {
		s := filled(t, mostAlone)
		ctx, giveUp := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if s.enter(ctx, "m") == nil {
				s.leave("m")
			}
		})
		running.Go(giveUp)
		s.leave("m")
		running.Wait()
		if got := s.byMerchant["m"].underWay; got != mostAlone-1 {
			t.Fatalf("%d are under way, want %d", got, mostAlone-1)
		}
	}
}

// TestSharesAreSmallerBesideOthers, and as large as before when these are gone.
func TestSharesAreSmallerBesideOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, clock := filled(t, mostAlone), time.Now()
		s.now = func() time.Time { return clock }
		s.submits("m")
		var running sync.WaitGroup
		var entered atomic.Int64
		for range mostAlone {
			running.Go(func() {
				if err := s.enter(t.Context(), "m"); err != nil {
					t.Error(err)
				}
				entered.Add(1)
			})
			synctest.Wait()
		}
		leave := func(n int, want int64) {
			t.Helper()
			s.submits("m") // Its own submissions are no others'.
			for range n {
				s.leave("m")
				synctest.Wait()
			}
			if got := entered.Load(); got != want {
				t.Errorf("%d have entered, want %d", got, want)
			}
		}
		leave(1, 1)
		s.submits("other")
		leave(mostAlone-mostBeside, 1)
		leave(2, 3)
		clock = clock.Add(besideFor)
		leave(1, 3+mostAlone-mostBeside+1)
		leave(mostBeside-4, mostAlone)
		running.Wait()
	})
}
