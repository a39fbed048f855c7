package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Where the system delegates a control group to the server, the kernel keeps plugins within
// their memory, tells of it, and leaves nothing behind. Where it does not, as on most
// machines that run tests, the log tells the reason once, and their processes are capped.
// To see the first, run the test alone in a group of its own, with the extended attribute
// user.delegate=1 on its folder.
func TestControlGroups(t *testing.T) {
	t.Parallel()
	const limit = 64 << 20
	b := run(t, []string{"good", "forking"}, func(o *Options) {
		o.Cgroup = CgroupAuto
		o.Timings.HealthInterval = time.Hour
		o.MemoryLimit = limit
	})
	good, forking := b.ready(t, "good"), b.ready(t, "forking")
	if b.groups == nil {
		t.Log("the fallback is tested: no control group is delegated here")
		b.checkUngrouped(t, good.PID, limit)
		return
	}
	t.Log("control groups are tested: ", b.groups.Dir())
	if group := groupOf(t, good.PID); filepath.Dir(group) != b.groups.Dir() || group == groupOf(t, forking.PID) {
		t.Errorf("group = %s, want one of its own below %s", group, b.groups.Dir())
	}
	if _, err := b.forward(t, "good", "id", "eat"); !errors.Is(err, ErrLost) {
		t.Errorf("err = %v, want ErrLost", err)
	}
	crashed := b.await(t, func(s Status) bool { return s.State == Backoff })
	want := "out of memory: ended by itself: signal: killed; it may have 64 MiB"
	if crashed.CrashesBy[CrashMemory] != 1 || !strings.Contains(crashed.Reason, want) {
		t.Errorf("crashed = %+v", crashed)
	}
	b.ready(t, "good")
	// A kill that has nothing to do with memory is none for it.
	again := b.ready(t, "good")
	if err := syscall.Kill(again.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.await(t, func(s Status) bool { return s.State == Backoff && s.CrashesBy[CrashSignal] == 1 })
	b.ready(t, "good")

	grandchild, err := strconv.Atoi(forking.Description.GetTitle())
	if err != nil {
		t.Fatal(err)
	}
	if groupOf(t, grandchild) != groupOf(t, forking.PID) {
		t.Error("the grandchild is in another group")
	}
	b.stop()
	if left, err := filepath.Glob(filepath.Join(b.groups.Dir(), "spurline-????????-*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func (b *bundle) checkUngrouped(t *testing.T, pid int, limit int64) {
	t.Helper()
	_, reason, _ := strings.Cut(b.logs.String(), "plugins get no control groups, so their memory is capped "+
		`and watched process by process" reason=`)
	reason, _, _ = strings.Cut(reason, "\n")
	if !strings.Contains(reason, "group") || strings.Count(b.logs.String(), "no control groups, so") != 1 {
		t.Errorf("reason = %s, in\n%s", reason, b.logs)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil || !strings.Contains(string(limits), fmt.Sprint(limit+memorySlack)) {
		t.Errorf("limits = %s, %v", limits, err)
	}
}

// groupOf returns the folder of a process's group, if what is mounted is the root.
func groupOf(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, path, _ := strings.Cut(string(text), "0::")
	return filepath.Join("/sys/fs/cgroup", strings.TrimSpace(path))
}

// A control group that the operator names must be one.
func TestNamedControlGroupMustBeOne(t *testing.T) {
	t.Parallel()
	for where, want := range map[string]string{
		t.TempDir(): "control group for plugins: ",
		"plugins":   `cgroup: "plugins" is not an absolute path`,
	} {
		host, err := New(Options{Dirs: []string{t.TempDir()}, StateDir: t.TempDir(), Cgroup: where})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New = %v, %v; want %q", host, err, want)
		}
	}
}
