package pluginhost

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errMemory marks a process that the host ended because it took too much memory.
var errMemory = errors.New("out of memory")

const (
	// goShare of the limit, in per cent, is what a Go plugin's runtime aims at: it
	// collects more often rather than be ended.
	goShare = 90
	// memorySlack is how much more private memory than the limit the kernel lets a
	// process have. Runtimes have more of it than they use; this only has to stop one
	// that grows faster than the host looks.
	memorySlack = 512 << 20
)

// memoryLimit returns how many bytes a plugin's process may have, 0 for no limit.
func (o Options) memoryLimit(name string) int64 {
	if limit, ok := o.MemoryLimits[name]; ok {
		return limit
	}
	return o.MemoryLimit
}

// memoryEnvironment tells the limit to the runtimes that can keep to one.
func memoryEnvironment(limit int64) []string {
	if limit <= 0 {
		return nil
	}
	return []string{"GOMEMLIMIT=" + strconv.FormatInt(limit/100*goShare, 10)}
}

// checkMemory returns an error that matches errMemory if the process has more than it may.
func (i *instance) checkMemory() error {
	limit := i.runner.memory
	if limit <= 0 {
		return nil
	}
	if used := residentMemory(i.runner.current().pid); used > limit {
		return fmt.Errorf("%w: it has %s, and may have %s; find the leak, or raise the plugin's limit",
			errMemory, mebibytes(used), mebibytes(limit))
	}
	return nil
}

func mebibytes(bytes int64) string { return strconv.FormatInt(bytes>>20, 10) + " MiB" }

// lastWords are how runtimes begin the line that tells of no memory.
var lastWords = []string{
	"fatal error: runtime: out of memory", "fatal error: runtime: cannot allocate memory",
	"fatal error: out of memory", "runtime: out of memory", // Go
	"fatal error: failed to reserve", "fatal error: cannot allocate",
	"FATAL ERROR: Reached heap limit", "FATAL ERROR: CALL_AND_RETRY_LAST", "FATAL ERROR: Ineffective mark-compacts",
	"FATAL ERROR: NewSpace::", "FATAL ERROR: Committing semi space failed", // Node
	"MemoryError", "memory allocation of ", // Python, Rust
	"terminate called after throwing an instance of 'std::bad_alloc'", "java.lang.OutOfMemoryError",
	"Exception in thread \"main\" java.lang.OutOfMemoryError",
}

// starved says whether a process that ended by itself had no memory left, from its last
// words, or because the kernel killed it, or at least something while it ran, for want of
// memory.
func (r *pluginRunner) starved(lines []string) bool {
	for _, line := range lines {
		for _, words := range lastWords {
			if strings.HasPrefix(line, words) {
				return true
			}
		}
	}
	process := r.current()
	if process == nil || !process.killed() {
		return false
	}
	if process.group != nil {
		return process.starved
	}
	return oomKills() > r.oomKills
}

// hungry adds to the reason of such an end what it was.
func (r *pluginRunner) hungry(err error) error {
	if r.memory <= 0 {
		return fmt.Errorf("%w: %w; the machine has no more", errMemory, err)
	}
	return fmt.Errorf("%w: %w; it may have %s: find the leak, or raise the plugin's limit",
		errMemory, err, mebibytes(r.memory))
}
