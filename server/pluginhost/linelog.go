package pluginhost

import (
	"sync"
	"time"

	"github.com/spurline/spurline/server/pluginhost/internal/veil"
)

// LogLine is a line that a plugin wrote, less the secrets and the data of customers that
// were found in it.
type LogLine struct {
	// Number of the line since the host runs, from 1 without gaps.
	Number uint64
	// Time when the host read it.
	Time time.Time
	// PID of the process.
	PID int
	// Stream is "stdout" or "stderr".
	Stream string
	// Text is valid UTF-8 of about 8 KiB at most.
	Text string
}

// keptLine reuses its memory, so that a flood of lines costs no garbage.
type keptLine struct {
	LogLine

	raw []byte
}

// lineLog keeps the last lines of all processes of a plugin. Who follows it reads
// at its own pace and is told of what it missed; it never makes the plugin wait.
// Safe for concurrent use.
type lineLog struct {
	// veil takes out of a line what must not be kept, before anything keeps it.
	veil *veil.Veil

	mu    sync.Mutex
	lines [tailLines]keptLine
	// last is the number of the newest line.
	last uint64
	// more is closed with the next line; nil if nobody waits.
	more chan struct{}
}

func newLineLog() *lineLog { return &lineLog{veil: veil.New()} }

// add does not keep raw.
func (l *lineLog) add(pid int, stream string, raw []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	line := &l.lines[l.last%tailLines]
	line.Number, line.Time, line.PID, line.Stream = l.last, time.Now(), pid, stream
	line.raw = append(line.raw[:0], raw...)
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
}

// skip the numbers of lines that are not kept.
func (l *lineLog) skip(lines int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last += uint64(lines) //nolint:gosec // It is a count.
}

// after returns the kept lines with a greater number, oldest first, and a channel
// that is closed when there are more.
func (l *lineLog) after(number uint64) ([]LogLine, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last > tailLines {
		number = max(number, l.last-tailLines)
	}
	var found []LogLine
	for number < l.last {
		number++
		kept := l.lines[number%tailLines]
		if kept.Number != number {
			continue // It was skipped.
		}
		kept.Text = clean(kept.raw)
		found = append(found, kept.LogLine)
	}
	if l.more == nil {
		l.more = make(chan struct{})
	}
	return found, l.more
}

// Lines returns the last lines of a plugin, at most 200, whose number is greater
// than after, oldest first, and a channel that is closed when there are more. A gap
// in the numbers tells of lines that are kept no longer. False if the plugin is not
// installed.
func (h *Host) Lines(name string, after uint64) ([]LogLine, <-chan struct{}, bool) {
	s, ok := h.supervisor(name)
	if !ok {
		return nil, nil, false
	}
	lines, more := s.lines.after(after)
	return lines, more, true
}
