package pluginhost

import (
	"os"
	"sync/atomic"
	"time"

	goplugin "github.com/hashicorp/go-plugin"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// instance is one running process of a plugin, connected and described.
type instance struct {
	name        string
	plugin      *goplugin.Client
	runner      *pluginRunner
	link        *link
	scratch     string
	description *pluginv1.Description
	calls       *gate
	// took is how long the start lasted; readySince is when it began to take calls,
	// of its supervisor alone.
	took       time.Duration
	readySince time.Time

	// lastAnswer is when the process last answered anything, in Unix
	// nanoseconds.
	lastAnswer atomic.Int64
	// dismissed: the host stops and did not wait for the end of the calls.
	dismissed atomic.Bool
}

// answered notes that the process is alive.
func (i *instance) answered() { i.lastAnswer.Store(time.Now().UnixNano()) }

// exited is closed when the process is gone.
func (i *instance) exited() <-chan struct{} { return i.runner.current().exited }

func (i *instance) gone() bool { return i.runner.current().gone() }

// close ends the process, asking first if there is a grace, and returns when
// nothing of it is left: no process, goroutine, descriptor or socket. It is
// called once, by whoever started it.
func (i *instance) close(grace time.Duration) {
	if process := i.runner.current(); process != nil {
		if grace > 0 {
			process.stop(grace)
		} else {
			process.kill()
		}
		<-i.runner.done
	}
	if i.plugin != nil {
		// The process is gone: this only ends the connection and go-plugin's
		// goroutines.
		i.plugin.Kill()
	} else if i.link != nil {
		_ = i.link.conn.Close()
	}
	_ = i.runner.handshake.Close()
	_ = os.RemoveAll(i.scratch)
}

// dump ends a hung process so that it leaves its stacks in the log.
func (i *instance) dump(grace time.Duration) {
	i.runner.log().beginDump()
	process := i.runner.current()
	process.dumpStacks()
	process.exitsWithin(grace)
}
