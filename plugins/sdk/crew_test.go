package sdk

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

// All run at the same time, however many they are, and few goroutines stay.
func TestCrewRunsAllAtOnceAndKeepsFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		var together, done sync.WaitGroup
		const many = 3 * mostIdle
		together.Add(many)
		done.Add(many)
		for range many {
			c.run(func() {
				defer done.Done()
				together.Done()
				together.Wait()
			})
		}
		done.Wait()
		synctest.Wait()
		if len(c.idle) != mostIdle {
			t.Errorf("%d goroutines wait for work, want %d", len(c.idle), mostIdle)
		}
		c.close() // The test ends only when no goroutine is left.
	})
}

// A function that ends its goroutine costs the others nothing.
func TestCrewOutlivesAnEndedGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		defer c.close()
		c.run(runtime.Goexit)
		synctest.Wait()
		ran := make(chan struct{})
		c.run(func() { close(ran) })
		<-ran
	})
}

// Goroutines are used again.
func TestCrewUsesGoroutinesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCrew()
		defer c.close()
		for range 10 {
			c.run(func() {})
			synctest.Wait()
		}
		if len(c.idle) != 1 {
			t.Errorf("%d goroutines wait for work after ten functions one after the other, want 1", len(c.idle))
		}
	})
}
