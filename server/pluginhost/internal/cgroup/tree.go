package cgroup

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// Auto is the place that the system has delegated to this process, if it has.
const Auto = "auto"

// serverGroup is where this process goes if the delegated group is the one it is in:
// processes live in the leaves.
const serverGroup = "spurline-server"

// mostProcesses of a plugin, threads included, where they can be counted: a bomb of forks
// ends here.
const mostProcesses = 1024

// Tree is a delegated group in which others are made. Safe for concurrent use.
type Tree struct {
	system system
	dir    string
	// prefix of the names of the groups of this owner.
	prefix string
	// pids: how many processes a group has can be limited too.
	pids bool
	made atomic.Int64
}

// Open prepares the group below which others are made: the one that systemd has delegated
// to this process (Delegate=memory pids), or the one in the folder where, which must have
// no process, or this one only. If it is this process's own group, this process moves into
// a group below it. What an earlier run of the same owner left is ended and removed. The
// error says why it cannot be used; nothing was changed then.
func Open(where, owner string) (*Tree, error) { return theSystem().open(where, owner) }

func (s system) open(where, owner string) (*Tree, error) {
	own, err := s.ownGroup()
	if err != nil && where == Auto {
		return nil, err
	}
	dir := filepath.Clean(where)
	if where == Auto {
		if dir, err = s.delegatedTo(own); err != nil {
			return nil, err
		}
	}
	sum := sha256.Sum256([]byte(owner))
	t := &Tree{system: s, dir: dir, prefix: fmt.Sprintf("spurline-%x-", sum[:4])}
	if err := t.prepare(own); err != nil {
		return nil, err
	}
	return t, t.sweep()
}

// delegatedTo returns the group of this process if it is delegated to it, or the one above,
// where the manager has made a leaf for this process already.
func (s system) delegatedTo(own string) (string, error) {
	for _, dir := range []string{own, filepath.Dir(own)} {
		if s.delegated(dir) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("the server's control group %s is not delegated to it; "+
		"give its systemd unit \"Delegate=memory pids\", or name a delegated group", own)
}

// prepare has the kernel limit memory in the groups below dir.
func (t *Tree) prepare(own string) error {
	available, err := t.words("cgroup.controllers")
	if err != nil {
		return fmt.Errorf("%s is no control group of version 2: %w", t.dir, err)
	}
	if !slices.Contains(available, "memory") {
		return fmt.Errorf("memory cannot be limited below %s: cgroup.controllers has no memory there", t.dir)
	}
	if err := t.vacate(own); err != nil {
		return err
	}
	t.pids = slices.Contains(available, "pids")
	for _, controller := range []string{"memory", "pids"} {
		if !slices.Contains(available, controller) {
			continue
		}
		if err := t.enable(controller); err != nil {
			return fmt.Errorf("enable %s in %s: %w", controller, t.dir, err)
		}
	}
	return nil
}

// vacate moves this process out of dir, and refuses to move another.
func (t *Tree) vacate(own string) error {
	inside, err := t.words("cgroup.procs")
	if err != nil {
		return fmt.Errorf("look for processes in %s: %w", t.dir, err)
	}
	self := strconv.Itoa(t.system.pid)
	others := slices.DeleteFunc(inside, func(pid string) bool { return pid == self && t.dir == own })
	if len(others) > 0 {
		return fmt.Errorf("other processes live in %s, %s for one; a delegated group must have none of its own",
			t.dir, others[0])
	}
	if t.dir != own {
		return nil
	}
	leaf := filepath.Join(t.dir, serverGroup)
	if err := t.system.mkdir(leaf); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make control group: %w", err)
	}
	if err := write(leaf, "cgroup.procs", self); err != nil {
		return fmt.Errorf("move the server into %s: %w", leaf, err)
	}
	return nil
}

func (t *Tree) enable(controller string) error {
	enabled, err := t.words("cgroup.subtree_control")
	if err != nil || slices.Contains(enabled, controller) {
		return err
	}
	return write(t.dir, "cgroup.subtree_control", "+"+controller)
}

// sweep ends and removes the groups that an earlier run could not.
func (t *Tree) sweep() error {
	entries, err := os.ReadDir(t.dir)
	if err != nil {
		return fmt.Errorf("look for control groups of an earlier run: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), t.prefix) {
			continue
		}
		left := &Group{system: t.system, dir: filepath.Join(t.dir, entry.Name())}
		if err := left.Remove(); err != nil {
			return fmt.Errorf("control group of an earlier run: %w", err)
		}
	}
	return nil
}

// Dir is the folder of the delegated group.
func (t *Tree) Dir() string { return t.dir }

// New makes a group for one process of a plugin, which together with what it forks may have
// memory bytes; 0 for no limit. Remove it.
func (t *Tree) New(plugin string, memory int64) (*Group, error) {
	name := t.prefix + plugin + "-" + strconv.FormatInt(t.made.Add(1), 10)
	g := &Group{system: t.system, dir: filepath.Join(t.dir, name)}
	if err := t.system.mkdir(g.dir); err != nil {
		return nil, fmt.Errorf("make control group: %w", err)
	}
	if err := t.limit(g.dir, memory); err != nil {
		return nil, errors.Join(fmt.Errorf("limit control group: %w", err), g.Remove())
	}
	return g, nil
}

func (t *Tree) limit(dir string, memory int64) error {
	if t.pids {
		if err := write(dir, "pids.max", strconv.Itoa(mostProcesses)); err != nil {
			return err
		}
	}
	// What it forked does not go on without it.
	if err := write(dir, "memory.oom.group", "1"); err != nil || memory <= 0 {
		return err
	}
	// Not there without swap.
	if err := write(dir, "memory.swap.max", "0"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return write(dir, "memory.max", strconv.FormatInt(memory, 10))
}

func (t *Tree) words(file string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(t.dir, file))
	return strings.Fields(string(text)), err
}

// write writes a file that the kernel has made.
func write(dir, file, text string) error {
	f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
