package sdk

import "sync"

// mostIdle is how many goroutines of a crew wait for work at a time.
const mostIdle = 256

// crew runs functions at the same time, each at once, on goroutines that are
// used again. A record in JSON and a request take more stack than a goroutine
// starts with; growing it for every delivery took a tenth of a plugin's CPU at
// full load. It is safe for concurrent use.
type crew struct {
	work chan func()

	mu   sync.Mutex
	idle int
	over chan struct{}
}

func newCrew() *crew { return &crew{work: make(chan func()), over: make(chan struct{})} }

// run starts f and does not wait for it.
func (c *crew) run(f func()) {
	select {
	case c.work <- f:
	default:
		go c.stay(f)
	}
}

// stay runs f and what comes after it. If f ends the goroutine, nothing comes
// after it.
func (c *crew) stay(f func()) {
	for {
		f()
		if !c.rest(1) {
			return
		}
		select {
		case f = <-c.work:
			c.rest(-1)
		case <-c.over:
			return
		}
	}
}

// rest counts a goroutine that begins or ends to wait, unless enough wait.
func (c *crew) rest(change int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if change > 0 && c.idle >= mostIdle {
		return false
	}
	c.idle += change
	return true
}

// close lets the idle goroutines end, and those at work after their work. It
// may be called once; run still works after it.
func (c *crew) close() { close(c.over) }
