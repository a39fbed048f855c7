package intake

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
)

// TestSequenceKeepsTheOrderOfEachKey, and holds up no other.
func TestSequenceKeepsTheOrderOfEachKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSequence[string]()
		var mu sync.Mutex
		var done []string
		gates := map[string]chan struct{}{}
		var running sync.WaitGroup
		begin := func(name string, keys ...string) {
			turn, gate := s.next(keys), make(chan struct{})
			gates[name] = gate
			running.Go(func() {
				defer turn.end()
				turn.await()
				<-gate
				mu.Lock()
				defer mu.Unlock()
				done = append(done, name)
			})
		}
		begin("first", "order:A", "number:1")
		begin("behind both", "order:B", "number:1")
		begin("beside", "order:C")
		begin("last", "order:B")
		for _, name := range []string{"last", "behind both", "beside", "first"} {
			close(gates[name])
			synctest.Wait()
		}
		running.Wait()
		if want := []string{"beside", "first", "behind both", "last"}; !slices.Equal(done, want) {
			t.Errorf("done in the order %v, want %v", done, want)
		}
	})
}

// TestSequenceForgets: a long stream does not remember every key that it ever
// saw, and does not look through them all for every message.
func TestSequenceForgets(t *testing.T) {
	t.Parallel()
	s := newSequence[string]()
	running := s.next([]string{"running"})
	most := 0
	for i := range 10 * fewKeys {
		s.next([]string{strconv.Itoa(i)}).end()
		s.forget()
		most = max(most, len(s.last))
	}
	if most > fewKeys {
		t.Errorf("%d keys remembered at once", most)
	}
	if s.last["running"] != running {
		t.Errorf("a key whose turn is not done is forgotten")
	}
}
