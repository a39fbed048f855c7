package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// clockTick is the unit in which Linux tells programs their CPU time.
const clockTick = time.Second / 100

// cpuTime returns the CPU time that a process has used, in user and kernel mode.
func cpuTime(pid int) (time.Duration, error) {
	fields, err := statFields(pid)
	if err != nil {
		return 0, err
	}
	const user, system = 11, 12
	var sum time.Duration
	for _, i := range []int{user, system} {
		ticks, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time of process %d: %w", pid, err)
		}
		sum += time.Duration(ticks) * clockTick
	}
	return sum, nil
}

// statFields returns the fields of /proc/PID/stat behind the name: state, parent,
// and so on.
func statFields(pid int) ([]string, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, fmt.Errorf("read CPU time, which needs Linux: %w", err)
	}
	var fields []string
	for _, field := range bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:]) {
		fields = append(fields, string(field))
	}
	if len(fields) < 20 {
		return nil, fmt.Errorf("read CPU time of process %d: unexpected form", pid)
	}
	return fields, nil
}

// children returns the processes that a process has started and that still run.
func children(parent int) ([]int, error) {
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	var found []int
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		// One that has ended meanwhile is none.
		if fields, err := statFields(pid); err == nil && fields[1] == strconv.Itoa(parent) {
			found = append(found, pid)
		}
	}
	return found, nil
}

// memory returns the bytes of memory that a process has in use.
func memory(pid int) (int64, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(raw, []byte("VmRSS:"))
	if !found {
		return 0, fmt.Errorf("read memory of process %d: unexpected form", pid)
	}
	kilobytes, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
	return kilobytes << 10, err
}
