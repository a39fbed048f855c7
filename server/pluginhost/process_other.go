//go:build !linux

package pluginhost

import (
	"os"
	"syscall"
)

// childAttributes put the child into a group of its own. Without a
// parent-death signal the end of stdin is what tells it that the host is gone.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// awaitExit waits for the end of the child, reaps it and calls beforeReap,
// here only right after: there is no portable way to wait without reaping.
func awaitExit(child *os.Process, beforeReap func()) *os.ProcessState {
	state, err := child.Wait()
	beforeReap()
	if err != nil {
		return nil
	}
	return state
}

// mountedNoexec cannot be asked portably; a permission that is denied for a
// file of mode 0500 has hardly another cause.
func mountedNoexec(string) bool { return true }
