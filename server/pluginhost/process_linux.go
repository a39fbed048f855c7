package pluginhost

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// childAttributes put the child into a group of its own and have the kernel
// kill it when the thread that starts it is gone.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// awaitExit waits for the end of the child, calls beforeReap while the dead
// child still holds its number and that of its group, and reaps it.
func awaitExit(child *os.Process, beforeReap func()) *os.ProcessState {
	for {
		err := unix.Waitid(unix.P_PID, child.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	beforeReap()
	state, err := child.Wait()
	if err != nil {
		return nil // Somebody else reaped it; nothing is known of its end.
	}
	return state
}

// mountedNoexec says whether the file system of path forbids execution.
func mountedNoexec(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOEXEC != 0
}
