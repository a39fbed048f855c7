package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/spurline/spurline/server/store"
)

const (
	// other stands for all values of a label that are not told apart.
	other = "OTHER"
	// mostReasons is how many pairs of outcome and reason of a plugin are told apart.
	mostReasons = 50
	// mostDigits is how many digits a reason may have: with more it looks like a
	// number of an order or a parcel, or like an id.
	mostDigits = 5
)

// reasons counts the attempts of one plugin by outcome and reason. Reasons of
// plugins are foreign: those that come first are told apart, the others are not, so
// that no plugin fills the memory of who scrapes (promise P7). It is safe for
// concurrent use.
type reasons struct {
	// attempts has the labels outcome and reason.
	attempts *prometheus.CounterVec

	mu    sync.Mutex
	known map[reason]prometheus.Counter
	// admitted is how many of the plugin's own are told apart.
	admitted int
}

// reason is what an attempt is counted by.
type reason struct {
	outcome store.Outcome
	text    string
	// answered: it is the plugin's own.
	answered bool
}

func newReasons(attempts *prometheus.CounterVec) *reasons {
	return &reasons{attempts: attempts, known: map[reason]prometheus.Counter{}}
}

func (r *reasons) count(of reason) {
	r.mu.Lock()
	counter, ok := r.known[of]
	if !ok {
		counter = r.admit(of)
	}
	r.mu.Unlock()
	counter.Inc()
}

// admit finds the counter of a reason that was not seen, or not told apart. Reasons
// of the host are few, and all told apart.
func (r *reasons) admit(of reason) prometheus.Counter {
	told := of.text
	switch {
	case !of.answered:
	case told == "": // A plain success.
	case r.admitted >= mostReasons || digits(told) > mostDigits:
		return r.attempts.WithLabelValues(of.outcome.String(), other)
	default:
		r.admitted++
	}
	counter := r.attempts.WithLabelValues(of.outcome.String(), told)
	r.known[of] = counter
	return counter
}

func digits(text string) int {
	n := 0
	for i := range len(text) {
		if '0' <= text[i] && text[i] <= '9' {
			n++
		}
	}
	return n
}
