package pluginhost

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
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
