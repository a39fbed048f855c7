package cgroup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// fake is a system of control groups in a folder, with the files that the kernel makes and
// the rules that it has.
type fake struct {
	t *testing.T
	system

	mount string
	// marked as delegated.
	marked []string
	// busy is how often a group is not removed yet, killed who was ended by hand.
	busy   int
	killed []int
}

const ownPID = 4711

// newFake has this process in the group own, and the controllers everywhere.
func newFake(t *testing.T, own, controllers string) *fake {
	t.Helper()
	f := &fake{t: t, mount: t.TempDir()}
	proc := t.TempDir()
	f.system = system{
		mountinfo: filepath.Join(proc, "mountinfo"), own: filepath.Join(proc, "cgroup"), pid: ownPID,
		delegated: func(dir string) bool { return slices.Contains(f.marked, dir) },
		mkdir:     func(dir string) error { return f.mkdir(dir, "memory pids") },
		rmdir:     f.rmdir,
		killProcess: func(pid int) error {
			f.killed = append(f.killed, pid)
			return nil
		},
	}
	f.file(f.mountinfo, "31 23 0:28 / /sys/fs/cgroup rw shared:9 - tmpfs tmpfs rw\n"+
		"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"+
		"41 31 0:38 / "+f.mount+" rw,relatime shared:4 - cgroup2 cgroup2 rw\n")
	f.file(f.own, "4:memory:/other\n0::"+own+"\n")
	dir := f.mount
	for _, name := range strings.Split(strings.Trim(own, "/"), "/") {
		f.must(f.mkdir(dir, controllers))
		dir = filepath.Join(dir, name)
	}
	f.must(f.mkdir(dir, controllers))
	f.file(filepath.Join(f.at(own), "cgroup.procs"), "4711\n")
	return f
}

func (f *fake) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fake) at(group string) string { return filepath.Join(f.mount, group) }

func (f *fake) mkdir(dir, controllers string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && dir != f.mount {
		return err
	}
	for _, name := range []string{
		"cgroup.procs", "cgroup.subtree_control", "cgroup.kill", "memory.max", "memory.swap.max", "memory.oom.group",
		"pids.max",
	} {
		f.file(filepath.Join(dir, name), "")
	}
	f.file(filepath.Join(dir, "cgroup.controllers"), controllers+"\n")
	f.file(filepath.Join(dir, "memory.events"), "low 0\noom 0\noom_kill 0\noom_group_kill 0\n")
	return nil
}

func (f *fake) rmdir(dir string) error {
	if f.busy > 0 {
		f.busy--
		return syscall.EBUSY
	}
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func (f *fake) file(path, text string) {
	f.t.Helper()
	f.must(os.WriteFile(path, []byte(text), 0o600))
}

func (f *fake) read(path ...string) string {
	f.t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	f.must(err)
	return strings.TrimSpace(string(text))
}

func (f *fake) open(where string) *Tree {
	f.t.Helper()
	tree, err := f.system.open(where, "/var/lib/spurline")
	f.must(err)
	return tree
}

// systemd has put the server into the very group that it delegates: the server makes way.
func TestOpenMovesTheServerIntoALeaf(t *testing.T) {
	t.Parallel()
	f := newFake(t, "/system.slice/spurline.service", "cpu memory pids")
	unit := f.at("/system.slice/spurline.service")
	f.marked = []string{unit}
	tree := f.open(Auto)
	if tree.Dir() != unit {
		t.Errorf("dir = %s", tree.Dir())
	}
	if got := f.read(unit, "spurline-server/cgroup.procs"); got != "4711" {
		t.Errorf("processes in the leaf = %q", got)
	}
	if got := f.read(unit, "cgroup.subtree_control"); got != "+pids" { // The last one written.
		t.Errorf("subtree_control = %q", got)
	}
}

// With DelegateSubgroup= the server is in a leaf already, and stays where it is.
func TestOpenTakesTheDelegatedGroupAbove(t *testing.T) {
	t.Parallel()
	f := newFake(t, "/spurline.service/server", "memory")
	f.marked = []string{f.at("/spurline.service")}
	f.file(f.at("/spurline.service/cgroup.subtree_control"), "memory\n")
	tree := f.open(Auto)
	if tree.Dir() != f.at("/spurline.service") {
		t.Errorf("dir = %s", tree.Dir())
	}
	if got := f.read(f.at("/spurline.service/cgroup.subtree_control")); got != "memory" {
		t.Errorf("enabled again: %q", got)
	}
	if _, err := os.Stat(f.at("/spurline.service/spurline-server")); err == nil {
		t.Error("made a leaf for the server")
	}
	group, err := tree.New("acme", 0)
	f.must(err)
	if got := f.read(group.Dir(), "pids.max") + f.read(group.Dir(), "memory.max"); got != "" {
		t.Errorf("limits that cannot or need not be = %q", got)
	}
}

func TestOpenTakesTheGroupThatIsNamed(t *testing.T) {
	t.Parallel()
	f := newFake(t, "/user.slice", "memory pids")
	f.must(f.mkdir(f.at("/plugins"), "memory pids"))
	if tree := f.open(f.at("/plugins") + "/"); tree.Dir() != f.at("/plugins") {
		t.Errorf("dir = %s", tree.Dir())
	}
	if tree := f.open(f.at("/user.slice")); f.read(tree.Dir(), "spurline-server/cgroup.procs") != "4711" {
		t.Error("the server did not make way in its own group")
	}
}

// Each reason why there are no groups is told.
func TestOpenSaysWhyNot(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		where   string
		prepare func(*fake)
		want    string
	}{
		"not delegated": {Auto, func(*fake) {}, `/a/b is not delegated to it; give its systemd unit "Delegate=memory pids"`},
		"another lives there": {
			Auto, func(f *fake) {
				f.marked = []string{f.at("/a/b")}
				f.file(f.at("/a/b/cgroup.procs"), "4711\n4712\n")
			}, "other processes live in ",
		},
		"others live above": {
			Auto, func(f *fake) {
				f.marked = []string{f.at("/a")}
				f.file(f.at("/a/cgroup.procs"), "4711\n")
			}, "other processes live in ",
		},
		"no controller": {
			Auto, func(f *fake) {
				f.marked = []string{f.at("/a/b")}
				f.file(f.at("/a/b/cgroup.controllers"), "hugetlb\n")
			}, "cgroup.controllers has no memory there",
		},
		"version 1 only":   {Auto, func(f *fake) { f.file(f.own, "4:memory:/other\n") }, "in no control group of version 2"},
		"no groups at all": {Auto, func(f *fake) { f.must(os.Remove(f.own)) }, "has no control groups: "},
		"not mounted":      {Auto, func(f *fake) { f.file(f.mountinfo, "") }, "group /a/b of the server is mounted nowhere"},
		"out of sight":     {Auto, func(f *fake) { f.file(f.own, "0::/../x\n") }, "no control group of version 2"},
		"not a group":      {os.TempDir(), func(*fake) {}, "is no control group of version 2"},
		"not to be written": {
			Auto, func(f *fake) {
				f.marked = []string{f.at("/a/b")}
				f.must(os.Remove(f.at("/a/b/cgroup.subtree_control")))
			}, "enable memory in ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, "/a/b", "memory pids")
			test.prepare(f)
			tree, err := f.system.open(test.where, "x")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("open = %v, %v; want %q", tree, err, test.want)
			}
		})
	}
}

// A container sees its own part of the groups.
func TestOwnGroupOfAContainer(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"41 31 0:38 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw":         "/sys/fs/cgroup/server",
		`41 31 0:38 / /sys/fs/a\040folder rw master:1 - cgroup2 none rw`:       "/sys/fs/a folder/docker/abc/server",
		"41 31 0:38 /docker/abcd /sys/fs/cgroup rw - cgroup2 cgroup rw":        "",
		"41 31 0:38 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory":      "",
		"41 31 0:38 /docker/abc/server/below /sys/fs/cgroup - cgroup2 none rw": "",
		"nonsense": "", "a - cgroup2": "",
	} {
		if got, ok := folderOf("/docker/abc/server", line); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t; want %q", line, got, ok, want)
		}
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	f := newFake(t, "/unit", "memory pids")
	f.marked = []string{f.at("/unit")}
	tree := f.open(Auto)
	first, err := tree.New("acme", 64<<20)
	f.must(err)
	second, err := tree.New("acme", 64<<20)
	f.must(err)
	if first.Dir() == second.Dir() || filepath.Dir(first.Dir()) != tree.Dir() {
		t.Errorf("dirs = %s, %s", first.Dir(), second.Dir())
	}
	for file, want := range map[string]string{
		"memory.max": "67108864", "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": "1024",
	} {
		if got := f.read(first.Dir(), file); got != want {
			t.Errorf("%s = %q, want %q", file, got, want)
		}
	}
	if first.OutOfMemory() {
		t.Error("out of memory")
	}
	f.file(filepath.Join(first.Dir(), "memory.events"), "low 0\noom 3\noom_kill 2\noom_group_kill 1\n")
	if !first.OutOfMemory() || second.OutOfMemory() {
		t.Errorf("out of memory: %t and %t", first.OutOfMemory(), second.OutOfMemory())
	}
	f.busy = 3 // Its last process is about to end.
	f.must(first.Remove())
	if _, err := os.Stat(first.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the group is left: %v", err)
	}
	f.must(first.Remove())
	if first.OutOfMemory() {
		t.Error("a group that is gone is out of memory")
	}
}

// Nothing is left of a group that could not be limited.
func TestGroupWithoutItsLimitIsNone(t *testing.T) {
	t.Parallel()
	f := newFake(t, "/unit", "memory")
	f.marked = []string{f.at("/unit")}
	tree := f.open(Auto)
	tree.system.mkdir = func(dir string) error { return os.Mkdir(dir, 0o700) }
	if group, err := tree.New("acme", 1); err == nil {
		t.Errorf("group = %+v", group)
	}
	if left, err := filepath.Glob(filepath.Join(tree.Dir(), tree.prefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left = %v, %v", left, err)
	}
	// There may be no swap.
	tree.system.mkdir = func(dir string) error {
		return errors.Join(f.mkdir(dir, ""), os.Remove(filepath.Join(dir, "memory.swap.max")))
	}
	group, err := tree.New("acme", 1)
	f.must(err)
	if got := f.read(group.Dir(), "memory.max"); got != "1" {
		t.Errorf("memory.max = %q", got)
	}
}

// What a server that was killed left is ended by the next one with the same folder, and that
// of another server is left alone.
func TestSweep(t *testing.T) {
	t.Parallel()
	f := newFake(t, "/unit", "memory")
	f.must(f.mkdir(f.at("/plugins"), "memory"))
	tree := f.open(f.at("/plugins"))
	left, err := tree.New("acme", 0)
	f.must(err)
	f.must(os.Remove(filepath.Join(left.Dir(), "cgroup.kill"))) // An old kernel.
	f.file(filepath.Join(left.Dir(), "cgroup.procs"), "17\n18\n")
	other, err := f.system.open(tree.Dir(), "/srv/other")
	f.must(err)
	its, err := other.New("acme", 0)
	f.must(err)

	f.open(f.at("/plugins"))
	if _, err := os.Stat(left.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was left is there: %v", err)
	}
	if !slices.Equal(f.killed, []int{17, 18}) {
		t.Errorf("ended %v", f.killed)
	}
	if got := f.read(its.Dir(), "cgroup.kill"); got != "" {
		t.Error("the other server's was ended")
	}
}
