package sdk

import "sync"

// mostIdle is how many goroutines of a crew wait for work at a time.
const mostIdle = 256

// crew runs functions at the same time, each at once, on goroutines that are
// used again. A record in JSON and a request take more stack than a goroutine
// starts with; growing it for every delivery took a tenth of a plugin's CPU at
// full load. It is safe for concurrent use.
type crew struct {
	mu   sync.Mutex
	over bool
	// idle are those who wait for work. The last who came is the next who works:
	// its stack is the most likely to be in the caches.
	idle []chan func()
}

func newCrew() *crew { return &crew{} }

// run starts f and does not wait for it.
func (c *crew) run(f func()) {
	c.mu.Lock()
	last := len(c.idle) - 1
	if last < 0 {
		c.mu.Unlock()
		go c.stay(f)
		return
	}
	work := c.idle[last]
	c.idle[last] = nil
	c.idle = c.idle[:last]
	c.mu.Unlock()
	work <- f
}

// stay runs f and what comes after it. If f ends the goroutine, nothing comes
// after it.
func (c *crew) stay(f func()) {
	work := make(chan func(), 1) // Nobody who brings work waits.
	for more := true; more; {
		f()
		if !c.rest(work) {
			return
		}
		f, more = <-work
	}
}

// rest lets a goroutine wait for work, unless enough wait.
func (c *crew) rest(work chan func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || len(c.idle) >= mostIdle {
		return false
	}
	c.idle = append(c.idle, work)
	return true
}

// close lets the idle goroutines end, and those at work after their work. Run
// still works after it.
func (c *crew) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	for _, work := range c.idle {
		close(work)
	}
	c.idle = nil
}
