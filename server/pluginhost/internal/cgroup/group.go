package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The kernel takes a moment to end the last process of a group.
const (
	removeMost  = 2 * time.Second
	removeAgain = 2 * time.Millisecond
)

// Group is the control group of one process and what it forks.
type Group struct {
	system system
	dir    string
}

// Dir is its folder, in which the process is to be started.
func (g *Group) Dir() string { return g.dir }

// OutOfMemory says whether the kernel killed a process of the group because there was no
// memory left for it.
func (g *Group) OutOfMemory() bool {
	text, err := os.ReadFile(filepath.Join(g.dir, "memory.events"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(text)) {
		if count, ok := strings.CutPrefix(line, "oom_kill "); ok {
			kills, _ := strconv.Atoi(strings.TrimSpace(count))
			return kills > 0
		}
	}
	return false
}

// Remove ends all processes of the group and removes it.
func (g *Group) Remove() error {
	if err := g.kill(); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("end processes of %s: %w", g.dir, err)
	}
	again, late := time.NewTicker(removeAgain), time.NewTimer(removeMost)
	defer again.Stop()
	defer late.Stop()
	for {
		err := g.system.rmdir(g.dir)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		select {
		case <-again.C:
			if errors.Is(err, syscall.EBUSY) {
				continue
			}
		case <-late.C:
		}
		return fmt.Errorf("remove control group: %w", err)
	}
}

func (g *Group) kill() error {
	err := write(g.dir, "cgroup.kill", "1")
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// Before Linux 5.14.
	pids, err := os.ReadFile(filepath.Join(g.dir, "cgroup.procs"))
	for text := range strings.FieldsSeq(string(pids)) {
		if pid, err := strconv.Atoi(text); err == nil && pid > 1 {
			_ = g.system.killProcess(pid)
		}
	}
	return err
}
