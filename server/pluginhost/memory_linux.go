package pluginhost

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// residentMemory returns the resident memory of a process in bytes, 0 if it is gone.
func residentMemory(pid int) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(raw)
	const resident = 1
	if len(fields) <= resident {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[resident]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// capMemory keeps a process from having more private memory than the limit and some slack.
// What it forks has the same cap.
func capMemory(pid int, limit int64) error {
	if limit <= 0 {
		return nil
	}
	most := uint64(limit) + memorySlack
	if err := unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most}, nil); err != nil {
		return fmt.Errorf("limit memory of process: %w", err)
	}
	return nil
}

// oomKills returns how many processes the kernel killed for want of memory since it
// started, 0 if it does not tell.
func oomKills() int64 {
	raw, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(raw) {
		if count, ok := bytes.CutPrefix(line, []byte("oom_kill ")); ok {
			kills, _ := strconv.ParseInt(string(bytes.TrimSpace(count)), 10, 64)
			return kills
		}
	}
	return 0
}
