package pluginhost

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// mostTail bytes of what a lost process had to say go with the error.
	mostTail = 1 << 10
	// tailWait is how long a call that was lost waits for the last lines of its
	// process to be read.
	tailWait = 500 * time.Millisecond
)

// LostError is the error of a call whose process ended during it, by itself or
// because it was hung. It matches ErrLost. A call whose process the host ended
// because it stops itself matches ErrLost too, but is no LostError: nothing is
// to blame for that.
type LostError struct {
	// Plugin is the name of the plugin.
	Plugin string
	// Ending says how the process ended, "exit status 2" for example.
	Ending string
	// Tail is the beginning of the panic that ended the process or, without one,
	// the end of what it wrote: lines of at most 1 KiB together, valid UTF-8,
	// oldest first. Written by the plugin, so it is believed in nothing; secrets and
	// data of customers were taken out. It is not part of the error's text.
	Tail string
}

// Error implements error.
func (e *LostError) Error() string { return fmt.Sprintf("%v: %q: %s", ErrLost, e.Plugin, e.Ending) }

// Is makes the error match ErrLost.
func (e *LostError) Is(target error) bool { return target == ErrLost }

// lost is the error of a call whose process is gone.
func (i *instance) lost() error {
	if i.dismissed.Load() {
		return fmt.Errorf("%w: %q: it was ended because the host stops", ErrLost, i.name)
	}
	timer := time.NewTimer(tailWait)
	defer timer.Stop()
	select {
	case <-i.runner.done:
	case <-timer.C:
	}
	return &LostError{
		Plugin: i.name,
		Ending: i.runner.current().ending(),
		Tail:   crashTail(i.runner.log().lastLines()),
	}
}

// crashTail returns the beginning of the last panic in the lines, or the end of
// the lines if there is none.
func crashTail(lines []string) string {
	for at := len(lines) - 1; at >= 0; at-- {
		if beginsPanic([]byte(lines[at])) {
			return firstBytes(clean([]byte(strings.Join(lines[at:], "\n"))), mostTail)
		}
	}
	return lastBytes(clean([]byte(strings.Join(lines, "\n"))), mostTail)
}

// firstBytes returns the first n bytes of valid UTF-8, less the rune that does
// not fit.
func firstBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// lastBytes returns the last n bytes of valid UTF-8, less the rune that does not
// fit.
func lastBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	at := len(text) - n
	for at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	return text[at:]
}
