//go:build unix

package bench

import "syscall"

// profile begins a CPU profile of the server, if one is wanted, and returns how to
// end it. The server writes one; the last case that runs in it is in it.
func (w *world) profile() (end func() error, err error) {
	if w.runner.CPUProfile == "" {
		return func() error { return nil }, nil
	}
	return func() error { return w.server.Process.Signal(syscall.SIGUSR2) }, w.server.Process.Signal(syscall.SIGUSR1)
}
