//go:build !linux

package cgroup

import (
	"errors"
	"os"
	"syscall"
)

// theSystem has no control groups: those are of Linux.
func theSystem() system {
	return system{
		own:       os.DevNull,
		delegated: func(string) bool { return false },
		mkdir:     func(string) error { return errors.ErrUnsupported }, rmdir: os.Remove,
		killProcess: func(int) error { return errors.ErrUnsupported },
	}
}

// Join is never called, since no group is ever made.
func (*Group) Join(*syscall.SysProcAttr) (release func(), err error) {
	return nil, errors.ErrUnsupported
}
