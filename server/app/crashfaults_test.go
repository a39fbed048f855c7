package app_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// misbehaviour has a stand-in fail in every way it can until it is told to behave.
type misbehaviour[F any] struct {
	// ways are the faults of an endpoint, with a duration drawn anew for each call.
	ways func(random *rand.Rand, endpoint string) []wayToFail[F]
	// spared is the endpoint that does not fail: that of the test of a connection. When
	// it is repeated is none of these tests' subjects.
	spared string

	mu       sync.Mutex
	random   *rand.Rand
	behaved  bool
	requests map[string]int
	faults   map[string]int
}

// wayToFail is a fault of so many of a thousand calls.
type wayToFail[F any] struct {
	name  string
	share int
	fault F
}

func newMisbehaviour[F any](
	seed uint64, spared string, ways func(random *rand.Rand, endpoint string) []wayToFail[F],
) *misbehaviour[F] {
	return &misbehaviour[F]{
		ways: ways, spared: spared, random: rand.New(rand.NewPCG(seed, seed)),
		requests: map[string]int{}, faults: map[string]int{},
	}
}

// choose is called by the stand-in for each call.
func (m *misbehaviour[F]) choose(method, endpoint string) (fault F, happens bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[method+" "+endpoint]++
	if m.behaved || endpoint == m.spared {
		return fault, false
	}
	drawn := m.random.IntN(1000)
	for _, way := range m.ways(m.random, endpoint) {
		if drawn -= way.share; drawn < 0 {
			m.faults[way.name]++
			return way.fault, true
		}
	}
	return fault, false
}

func (m *misbehaviour[F]) behave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.behaved = true
}

// writeOrder watches the order of what is written to a stand-in (promise P4).
type writeOrder struct {
	// wroteSoFar counts the writes that took effect.
	wroteSoFar atomic.Int64

	mu      sync.Mutex
	written map[string]int
	faults  []string
}

// grows notes a number that only ever grows.
func (w *writeOrder) grows(what, kind string, to int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.written == nil {
		w.written = map[string]int{}
	}
	before, known := w.written[what+" "+kind]
	if known && to < before {
		w.faults = append(w.faults, fmt.Sprintf("%s: %s %d was written after %d", what, kind, to, before))
	}
	w.written[what+" "+kind] = max(before, to)
}

// fault notes a write that came out of its order.
func (w *writeOrder) fault(format string, values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, values...))
}
