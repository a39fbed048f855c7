package pluginhost

import (
	"bytes"
	"slices"
)

const (
	// tailLines is how many lines of a process are kept for its crash report.
	tailLines = 200
	// headLines is how many are kept from the beginning of a panic, whose stacks
	// may be longer than the tail.
	headLines = 40
)

// tail keeps the last lines written to it, and the first ones of the last panic.
// It reuses its memory, so that a flood of lines costs no garbage. Not safe for
// concurrent use.
type tail struct {
	lines [tailLines][]byte
	// missed are the lines that each of lines stands for, 0 if it is one itself.
	missed [tailLines]int
	next   int
	full   bool

	// panicking means that a panic began; since counts the lines from there, and gone
	// those that are neither in head nor in lines any more.
	panicking   bool
	since, gone int
	head        []string
}

func (t *tail) add(line []byte) { t.put(line, 0) }

// skip lines that are not kept.
func (t *tail) skip(lines int) { t.put([]byte(leftOut(lines)), lines) }

func (t *tail) put(line []byte, missed int) {
	if t.since >= tailLines+len(t.head) {
		t.gone += max(1, t.missed[t.next])
	}
	t.missed[t.next] = missed
	t.lines[t.next] = append(t.lines[t.next][:0], line...)
	t.next = (t.next + 1) % tailLines
	t.full = t.full || t.next == 0

	if beginsPanic(line) {
		t.panicking, t.since, t.gone, t.head = true, 0, 0, nil
	}
	if t.panicking {
		t.since++
		if len(t.head) < headLines {
			t.head = append(t.head, string(line))
		}
	}
}

// text returns the lines, oldest first.
func (t *tail) text() []string {
	var text []string
	if before := t.since - tailLines; before > 0 {
		text = slices.Clone(t.head[:min(before, len(t.head))])
		if t.gone > 0 {
			text = append(text, leftOut(t.gone))
		}
	}
	if t.full {
		for _, line := range t.lines[t.next:] {
			text = append(text, string(line))
		}
	}
	for _, line := range t.lines[:t.next] {
		text = append(text, string(line))
	}
	return text
}

// beginsPanic says whether a line is the first of the stacks that the Go
// runtime writes before it ends the process.
func beginsPanic(line []byte) bool {
	for _, prefix := range []string{"panic: ", "fatal error: ", "SIGQUIT: "} {
		if bytes.HasPrefix(line, []byte(prefix)) {
			return true
		}
	}
	return false
}
