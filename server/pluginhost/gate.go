package pluginhost

import "sync"

// gate counts the calls that run on a process and stops new ones.
type gate struct {
	mu      sync.Mutex
	running int
	shut    bool
	empty   chan struct{}
}

func newGate() *gate { return &gate{empty: make(chan struct{})} }

// enter admits a call; false once the gate is shut. Every call that entered
// leaves.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return false
	}
	g.running++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running--
	if g.shut && g.running == 0 {
		close(g.empty)
	}
}

// close admits no more calls. The channel is closed when the last one has left.
func (g *gate) close() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.shut {
		g.shut = true
		if g.running == 0 {
			close(g.empty)
		}
	}
	return g.empty
}
