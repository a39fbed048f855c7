package conformance

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what a process holds.
type usage struct{ kib, files int }

// usage reads /proc, where there is one.
func (p *process) usage() (usage, error) {
	folder := filepath.Join("/proc", strconv.Itoa(p.pid()))
	files, err := os.ReadDir(filepath.Join(folder, "fd"))
	if err != nil {
		return usage{}, err
	}
	raw, err := os.ReadFile(filepath.Join(folder, "statm"))
	if err != nil {
		return usage{}, err
	}
	fields := strings.Fields(string(raw))
	if len(fields) < 2 {
		return usage{}, fmt.Errorf("%s/statm: has no second field", folder)
	}
	pages, err := strconv.Atoi(fields[1])
	if err != nil {
		return usage{}, err
	}
	return usage{kib: pages * os.Getpagesize() >> 10, files: len(files)}, nil
}

// groupLives says whether a process of the group is left that is not dead already.
// It is false where it cannot be seen.
func groupLives(group int) bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // It ended in between.
		}
		// "pid (name) state parent group …", and a name may have anything in it.
		_, rest, _ := bytes.Cut(raw[bytes.LastIndexByte(raw, ')')+1:], []byte(" "))
		fields := strings.Fields(string(rest))
		if len(fields) > 2 && fields[0] != "Z" && fields[0] != "X" && fields[2] == strconv.Itoa(group) {
			return true
		}
	}
	return false
}
