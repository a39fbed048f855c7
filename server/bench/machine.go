package bench

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// Machine names where figures come from.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
	Commit string `json:"commit,omitempty"`
}

// ThisMachine describes this machine and what runs on it.
func ThisMachine() Machine {
	m := Machine{
		CPU: fieldOf("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(),
		Memory: fieldOf("/proc/meminfo", "MemTotal"), Go: runtime.Version(),
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(release))
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				m.Commit = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return m
}

// String is for a line of a report.
func (m Machine) String() string {
	text := fmt.Sprintf("%s, %d cores, %s, Linux %s, %s", m.CPU, m.Cores, m.Memory, m.Kernel, m.Go)
	if m.Commit != "" {
		text += ", commit " + m.Commit
	}
	return text
}

// fieldOf returns the value in the first line "name: value" of a file.
func fieldOf(path, name string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range bytes.Lines(raw) {
		key, value, _ := strings.Cut(string(line), ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
