package sdk

import (
	"runtime"
	"sync"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// mostTogether is the most results in one message.
const mostTogether = 64

// answer is a result on its way to the host, with the state of its connection.
type answer struct {
	*pluginv1.DeliveryResult
	state *connectionState // Nil if the delivery never had an instance.
}

// outbox takes the results of a batch from many goroutines to the one that writes
// them.
type outbox struct {
	// wake has a token if there may be something to take.
	wake chan struct{}

	mu      sync.Mutex
	ready   []answer
	running int
}

// newOutbox is for so many deliveries.
func newOutbox(deliveries int) *outbox {
	return &outbox{wake: make(chan struct{}, 1), ready: make([]answer, 0, deliveries), running: deliveries}
}

// put adds a result.
func (o *outbox) put(a answer) {
	o.mu.Lock()
	o.ready = append(o.ready, a)
	first := len(o.ready) == 1
	o.mu.Unlock()
	if first {
		o.tell()
	}
}

// done says that one of the deliveries is over, with a result or without.
func (o *outbox) done() {
	o.mu.Lock()
	o.running--
	last := o.running == 0
	o.mu.Unlock()
	if last {
		o.tell()
	}
}

func (o *outbox) tell() {
	select {
	case o.wake <- struct{}{}:
	default: // A token is there.
	}
}

// take waits for results and moves all that are there into the empty slice. It
// returns none once every delivery is over.
//
// A result is handed over as soon as it is known. The goroutines that can run at that
// instant go first, so results that are known at the same time are taken together: a
// message of its own would cost each several times as much at both ends.
func (o *outbox) take(into []answer) []answer {
	for {
		o.mu.Lock()
		if len(o.ready) > 0 {
			taken := o.ready
			o.ready = into
			o.mu.Unlock()
			return taken
		}
		over := o.running == 0
		o.mu.Unlock()
		if over {
			return nil
		}
		<-o.wake
		runtime.Gosched()
	}
}
