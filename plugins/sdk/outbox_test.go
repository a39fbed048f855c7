package sdk

import (
	"testing"
	"testing/synctest"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// A result does not wait for others; those that are there together are taken together;
// the end comes when every delivery is over, also without a result.
func TestOutbox(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox(4)
		taken := make(chan int)
		go func() {
			defer close(taken)
			for answers := o.take(nil); answers != nil; answers = o.take(nil) {
				taken <- len(answers)
			}
		}()
		finish := func() {
			o.put(answer{DeliveryResult: &pluginv1.DeliveryResult{}})
			o.done()
		}
		finish()
		if got := <-taken; got != 1 {
			t.Fatalf("%d instead of the first", got)
		}
		finish()
		synctest.Wait() // The second is offered; the third waits for it.
		finish()
		if got := <-taken; got != 1 {
			t.Fatalf("%d instead of the second", got)
		}
		if got := <-taken; got != 1 {
			t.Fatalf("%d instead of the third", got)
		}
		o.done()
		if got, more := <-taken; more {
			t.Fatalf("%d results of a delivery that has none", got)
		}
	})
}

// However the goroutines run, every result is taken once.
func TestOutboxLosesNothing(t *testing.T) {
	t.Parallel()
	const many = 10_000
	o, c := newOutbox(many), newCrew()
	defer c.close()
	go func() {
		for range many {
			c.run(func() {
				defer o.done()
				o.put(answer{DeliveryResult: &pluginv1.DeliveryResult{}})
			})
		}
	}()
	seen := map[*pluginv1.DeliveryResult]bool{}
	var spare []answer
	for answers := o.take(nil); answers != nil; answers = o.take(spare[:0]) {
		for _, a := range answers {
			seen[a.DeliveryResult] = true
		}
		spare = answers
	}
	if len(seen) != many {
		t.Errorf("%d results of %d", len(seen), many)
	}
}
