package pluginhost

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

const (
	// A process may have workPerSecond bytes looked through for what must not be told, and
	// workAtOnce after a silence; a line counts for leastWork at least. It is some
	// hundredths of a core, however much is written.
	workPerSecond = 256 << 10
	workAtOnce    = 256 << 10
	leastWork     = 128
	// mostHeld bytes wait for it, and no more lines than a tail has.
	mostHeld = 64 << 10
	// urgentPerSecond lines of a panic are looked through in any case, and twice as many
	// at once: those that a crash report keeps of its beginning.
	urgentPerSecond = headLines
)

// flood holds the last lines of what a process writes faster than it is looked through, as
// they were written. The ones before them are counted and forgotten: newer ones would have
// pushed them out of everything that keeps lines anyway. It reuses its memory. Not safe for
// concurrent use.
type flood struct {
	work, urgent *rate.Limiter

	lines       [tailLines]heldLine
	first, held int
	bytes       int
	dropped     int
	// paid means that what is held may be looked through, or what will be.
	paid bool
}

type heldLine struct {
	stream string
	raw    []byte
}

func newFlood() flood {
	return flood{
		work:   rate.NewLimiter(workPerSecond, workAtOnce),
		urgent: rate.NewLimiter(urgentPerSecond, 2*urgentPerSecond),
	}
}

// calm says whether the line need not be held, and pays for it.
func (f *flood) calm(raw []byte) bool {
	return f.held == 0 && f.work.AllowN(time.Now(), max(len(raw), leastWork))
}

// hold a line. It does not keep raw.
func (f *flood) hold(stream string, raw []byte) {
	for f.held == tailLines || f.held > 0 && f.bytes+len(raw) > mostHeld {
		f.bytes -= len(f.lines[f.first].raw)
		f.first = (f.first + 1) % tailLines
		f.held--
		f.dropped++
	}
	line := &f.lines[(f.first+f.held)%tailLines]
	line.stream, line.raw = stream, append(line.raw[:0], raw...)
	f.held++
	f.bytes += len(raw)
}

// delay pays for all that can be held, for one drain, and tells when that is due.
func (f *flood) delay() time.Duration {
	f.paid = true
	return f.work.ReserveN(time.Now(), mostHeld+tailLines*leastWork).Delay()
}

// forget what is held, as if more had come.
func (f *flood) forget() {
	f.dropped += f.held
	f.held, f.bytes = 0, 0
}

// drain forgets what is held, after take was called with each, oldest first, and before that
// missed with how many lines before them were dropped since the last time.
func (f *flood) drain(missed func(lines int), take func(stream string, raw []byte)) {
	if f.dropped > 0 {
		missed(f.dropped)
	}
	f.paid = f.paid && f.held == 0
	for ; f.held > 0; f.held-- {
		line := &f.lines[f.first]
		f.first = (f.first + 1) % tailLines
		take(line.stream, line.raw)
	}
	f.bytes, f.dropped = 0, 0
}

// leftOut stands for lines that are not kept.
func leftOut(lines int) string { return fmt.Sprintf("… (%d lines left out)", lines) }
