package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// system is what the kernel says and does; a test has its own.
type system struct {
	// mountinfo and own are files of proc: what is mounted, and the groups of this process.
	mountinfo, own string
	// pid of this process.
	pid int
	// delegated says whether the manager of the system has left a group to this process.
	delegated func(dir string) bool
	// mkdir makes a group and rmdir removes it, with the files that the kernel has in it.
	mkdir, rmdir func(dir string) error
	killProcess  func(pid int) error
}

// ownGroup returns the folder of the group that this process is in.
func (s system) ownGroup() (string, error) {
	groups, err := os.ReadFile(s.own)
	if err != nil {
		return "", fmt.Errorf("this system has no control groups: %w", err)
	}
	path, ok := unified(string(groups))
	if !ok {
		return "", errors.New("the server is in no control group of version 2")
	}
	mounts, err := os.ReadFile(s.mountinfo)
	if err != nil {
		return "", fmt.Errorf("look for the control groups: %w", err)
	}
	for line := range strings.Lines(string(mounts)) {
		if dir, ok := folderOf(path, line); ok {
			return dir, nil
		}
	}
	return "", fmt.Errorf("control group %s of the server is mounted nowhere", path)
}

// unified returns the path of the group of version 2 in the text of /proc/self/cgroup; not
// one that is outside of what a container sees.
func unified(text string) (string, bool) {
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(line, "0::"); ok {
			path = strings.TrimSuffix(path, "\n")
			return path, !strings.HasPrefix(path, "/..")
		}
	}
	return "", false
}

// folderOf returns where a group is, if this line of mountinfo has mounted it.
func folderOf(group, line string) (string, bool) {
	before, after, ok := strings.Cut(line, " - ")
	fields, kind := strings.Fields(before), strings.Fields(after)
	const root, point = 3, 4
	if !ok || len(fields) <= point || len(kind) == 0 || kind[0] != "cgroup2" {
		return "", false
	}
	below, err := filepath.Rel(unescape(fields[root]), group)
	if err != nil || below == ".." || strings.HasPrefix(below, "../") {
		return "", false
	}
	return filepath.Join(unescape(fields[point]), below), true
}

// unescape undoes what mountinfo does to characters that would end a field.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}
