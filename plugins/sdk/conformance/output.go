package conformance

import (
	"bytes"
	"sync"
)

// keptTail lines are shown when a process fails.
const keptTail = 20

// keptCrash lines of a crash are read: those of the goroutine that it was in come first.
const keptCrash = 200

// output takes what a process writes, line by line. A first line may be for
// somebody else; all others are log.
type output struct {
	take func(line []byte, whole bool)
	// first gets the first line, nil if that is log too. The channel has room.
	first chan string

	mu    sync.Mutex
	part  []byte
	cut   bool
	bytes int64
	tail  []string
	// crash is what the Go runtime wrote of why it ended the process, from its first line
	// on, if this is stderr.
	crash []string
}

// Write implements io.Writer. It never fails: a pipe that nobody reads stops the
// process.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if room := mostLogLine - len(o.part); len(line) > room {
			line, o.cut = line[:room], true
		}
		o.part = append(o.part, line...)
		if ended {
			o.flush()
		}
		rest = after
	}
	o.bytes += int64(len(p))
	return len(p), nil
}

// flush takes the line so far. The caller holds the mutex.
func (o *output) flush() {
	line, whole := bytes.TrimSuffix(o.part, []byte("\r")), !o.cut
	if o.first != nil {
		o.first <- string(line)
		o.first = nil
	} else {
		o.take(line, whole)
		if len(o.tail) == keptTail {
			o.tail = o.tail[1:]
		}
		o.tail = append(o.tail, string(line[:min(len(line), 300)]))
		o.keepCrash(string(line[:min(len(line), 2000)]))
	}
	o.part, o.cut = o.part[:0], false
}

// keepCrash keeps a line if it is of a crash. The caller holds the mutex.
func (o *output) keepCrash(line string) {
	if len(o.crash) < keptCrash && (len(o.crash) > 0 || begins(line)) {
		o.crash = append(o.crash, line)
	}
}

// crashReport returns what the Go runtime wrote of why it ended the process.
func (o *output) crashReport() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.crash...)
}

// finish takes what is left after the last line and returns how much it was.
func (o *output) finish() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.part) > 0 {
		o.flush()
	}
	return o.bytes
}

// last returns the last lines.
func (o *output) last() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.tail...)
}
