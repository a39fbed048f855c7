package intake

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// TestSharesHoldBackOneMerchant, in the order in which they came, and no other.
func TestSharesHoldBackOneMerchant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(2)
		var running sync.WaitGroup
		var entered []int
		for i := range 5 {
			running.Go(func() {
				if err := s.enter(t.Context(), "flood"); err != nil {
					t.Error(err)
				}
				entered = append(entered, i)
			})
			synctest.Wait()
		}
		if !slices.Equal(entered, []int{0, 1}) {
			t.Fatalf("%v are under way, want the first two", entered)
		}
		for range 2 {
			if err := s.enter(t.Context(), "other"); err != nil {
				t.Error(err)
			}
			s.leave("other")
		}
		for want := 3; want <= 5; want++ {
			s.leave("flood")
			synctest.Wait()
			if len(entered) != want {
				t.Errorf("%d have entered, want %d", len(entered), want)
			}
		}
		running.Wait()
		if !slices.IsSorted(entered) {
			t.Errorf("entered in the order %v", entered)
		}
		s.leave("flood")
		s.leave("flood")
		if len(s.byMerchant) != 0 {
			t.Errorf("%d merchants are remembered who have nothing under way", len(s.byMerchant))
		}
	})
}

// TestSharesOfThoseWhoGaveUp go to those behind them.
func TestSharesOfThoseWhoGaveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShares(1)
		if err := s.enter(t.Context(), "m"); err != nil {
			t.Fatal(err)
		}
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
		s.leave("m")
		if len(s.byMerchant) != 0 {
			t.Error("a place is lost")
		}
	})
}

// TestShareThatComesTooLate: whoever gives up just when the turn has come hands it on.
func TestShareThatComesTooLate(t *testing.T) {
	t.Parallel()
	for range 200 {
		s := newShares(1)
		if err := s.enter(t.Context(), "m"); err != nil {
			t.Fatal(err)
		}
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
		if err := s.enter(t.Context(), "m"); err != nil {
			t.Fatal(err)
		}
		if got := s.byMerchant["m"].underWay; got != 1 {
			t.Fatalf("%d are under way, want 1", got)
		}
	}
}
