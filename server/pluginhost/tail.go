package pluginhost

// tailLines is how many lines of a process are kept for its crash report.
const tailLines = 200

// tail keeps the last lines written to it. It reuses its memory, so that a flood
// of lines costs no garbage. Not safe for concurrent use.
type tail struct {
	lines [tailLines][]byte
	next  int
	full  bool
}

func (t *tail) add(line []byte) {
	t.lines[t.next] = append(t.lines[t.next][:0], line...)
	t.next = (t.next + 1) % tailLines
	t.full = t.full || t.next == 0
}

// text returns the lines, oldest first.
func (t *tail) text() []string {
	var text []string
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
