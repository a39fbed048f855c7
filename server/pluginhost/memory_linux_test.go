package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// A process that eats all memory at once is stopped by the kernel, and one that has grown
// above its limit by the host; both are told as what they are (promise P7).
func TestMemoryLimit(t *testing.T) {
	t.Parallel()
	for id, test := range map[string]struct {
		limit    int64
		interval time.Duration
		want     string
	}{
		"eat":  {64 << 20, time.Hour, "out of memory: ended by itself: exit status 2; it may have 64 MiB"},
		"grow": {100 << 20, 10 * time.Millisecond, "MiB, and may have 100 MiB"},
	} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"good", "good-2"}, func(o *Options) {
				o.Timings.HealthInterval = test.interval
				o.MemoryLimits = map[string]int64{"good": test.limit}
			})
			b.ready(t, "good")
			other := b.ready(t, "good-2")
			if status, _ := b.Plugin("good"); status.MemoryBytes <= 0 || status.MemoryBytes > test.limit {
				t.Errorf("memory = %d", status.MemoryBytes)
			}
			_, err := b.forward(t, "good", id, "hang")
			if !errors.Is(err, ErrLost) {
				t.Errorf("err = %v, want ErrLost", err)
			}
			crashed := b.await(t, func(s Status) bool { return s.State == Backoff })
			if crashed.CrashesBy[CrashMemory] != 1 || crashed.Crashes != 1 || !strings.Contains(crashed.Reason, test.want) {
				t.Errorf("crashed = %+v", crashed)
			}
			if reports, _ := b.CrashReports("good"); reports[0].Cause != CrashMemory {
				t.Errorf("report = %+v", reports[0])
			}
			b.ready(t, "good")
			// The other has no limit.
			if _, err := b.forward(t, "good-2", "grow"); err != nil {
				t.Error(err)
			}
			if now, _ := b.Plugin("good-2"); now.PID != other.PID || now.MemoryBytes < 200<<20 {
				t.Errorf("the other = %+v", now)
			}
		})
	}
}

// The runtime of a Go plugin knows its limit.
func TestMemoryLimitIsTold(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"environ"}, func(o *Options) { o.MemoryLimit = 1000 << 20 })
	status := b.ready(t, "environ")
	if want := fmt.Sprintf("GOMEMLIMIT=%d", int64(900<<20)); !slices.Contains(
		strings.Split(status.Description.GetTitle(), "\n"), want) {
		t.Errorf("environment = %q, want %s", status.Description.GetTitle(), want)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", status.PID))
	if err != nil || !strings.Contains(string(limits), fmt.Sprint(int64(1000<<20+memorySlack))) {
		t.Errorf("limits = %s, %v", limits, err)
	}
}

// No memory is told from other ends by the last words of a runtime.
func TestStarved(t *testing.T) {
	t.Parallel()
	r := newRunner(binary{}, nil, false, discard(), newLineLog())
	for line, want := range map[string]bool{
		"fatal error: runtime: out of memory":                                        true,
		"FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of": true,
		"MemoryError": true,
		"panic: the customer wrote: out of memory": false,
		"": false,
	} {
		if got := r.starved([]string{"before", line, "after"}); got != want {
			t.Errorf("%q = %v", line, got)
		}
	}
}
