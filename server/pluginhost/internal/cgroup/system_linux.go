package cgroup

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func theSystem() system {
	return system{
		mountinfo: "/proc/self/mountinfo", own: "/proc/self/cgroup", pid: os.Getpid(),
		delegated:   markedDelegated,
		mkdir:       func(dir string) error { return os.Mkdir(dir, 0o755) }, //nolint:gosec // As the kernel's own are.
		rmdir:       unix.Rmdir,
		killProcess: func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) },
	}
}

// markedDelegated reads the mark that systemd puts on what it delegates; the second is that
// of versions before 251, and only root can read it.
func markedDelegated(dir string) bool {
	for _, name := range []string{"user.delegate", "trusted.delegate"} {
		value := make([]byte, 1)
		if n, err := unix.Getxattr(dir, name, value); err == nil && n == 1 && value[0] == '1' {
			return true
		}
	}
	return false
}

// Join has a child be started in the group, and is called right before. Call the function
// it returns after the start.
func (g *Group) Join(attributes *syscall.SysProcAttr) (release func(), err error) {
	folder, err := os.Open(g.dir)
	if err != nil {
		return nil, err
	}
	attributes.UseCgroupFD, attributes.CgroupFD = true, int(folder.Fd())
	return func() { _ = folder.Close() }, nil
}
