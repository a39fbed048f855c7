package pluginhost

import (
	"bytes"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// mostLine bytes of a line are kept.
	mostLine = 8 << 10
	// Lines per second that are forwarded to the server's log, and how many at
	// once after a silence.
	linesPerSecond = 50
	linesAtOnce    = 500
	// mostDump bytes of the stacks of a hung process are kept.
	mostDump = 256 << 10
)

// logPump takes what one process writes, keeps its tail for the crash report
// and forwards it to the server's log, at a bounded rate. It never makes the
// plugin wait, and no line, and no number of them, can harm it (promise P7). Secrets and
// data of customers are taken out first (promise P8).
//
// All methods may be called concurrently.
type logPump struct {
	logger *slog.Logger
	limit  *rate.Limiter
	// lines of the plugin, of all its processes; pid is the number of this one.
	lines *lineLog
	pid   int

	mu      sync.Mutex
	tail    tail
	dropped int
	// flood has the lines that wait to be looked through; settling means that a time is
	// set for it.
	flood    flood
	settling bool
	// held is to be called when no line waits any more, nil if none does.
	held func()
	// ended means that the process is gone, and late how many bytes were taken since.
	ended bool
	late  int
	// dumping means that stacks go into stacks too, which have stackBytes.
	dumping    bool
	stacks     []string
	stackBytes int
}

// newLogPump forwards to logger, which names the plugin and the process, and to
// lines.
func newLogPump(logger *slog.Logger, lines *lineLog, pid int) *logPump {
	limit := rate.NewLimiter(linesPerSecond, linesAtOnce)
	return &logPump{logger: logger, limit: limit, lines: lines, pid: pid, flood: newFlood()}
}

// take logs a line of one of the process's streams, in a flood a little later. It does not
// keep raw.
func (p *logPump) take(stream string, raw []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.flood.calm(raw):
		p.keep(stream, raw)
	case p.urgent(raw):
		if !p.flood.paid {
			p.flood.forget()
		}
		p.drainFlood()
		p.keep(stream, raw)
	default:
		if p.held == nil {
			p.held = p.lines.veil.Wait()
		}
		p.flood.hold(stream, raw)
		p.settleLater()
	}
	if p.ended && p.dropped > 0 {
		p.settleLater() // It reports what was dropped.
	}
}

// settleLater sets a time for settle, if none is set.
func (p *logPump) settleLater() {
	if !p.settling {
		p.settling = true
		time.AfterFunc(p.flood.delay(), p.settle)
	}
}

// urgent says whether a crash report needs the line, whatever comes after it.
func (p *logPump) urgent(raw []byte) bool {
	if p.inDump(raw) {
		return true
	}
	begun := p.tail.panicking && len(p.tail.head) < headLines
	return (begun || beginsPanic(raw)) && p.flood.urgent.Allow()
}

// settle looks through the lines that wait for it.
func (p *logPump) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settling = false
	if p.flood.held > 0 && !p.flood.paid {
		p.settleLater() // An urgent line was there before.
		return
	}
	p.drainFlood()
	if p.ended {
		p.reportDropped()
	}
}

func (p *logPump) drainFlood() {
	p.flood.drain(func(lines int) {
		p.tail.skip(lines)
		p.lines.skip(lines)
		p.dropped += lines
	}, p.keep)
	if p.held != nil {
		p.held()
		p.held = nil
	}
}

// keep a line, less what it must not tell, in all that keeps lines.
func (p *logPump) keep(stream string, raw []byte) {
	raw = wholeTexts(p.lines.veil.Mask(raw))
	p.tail.add(raw)
	p.lines.add(p.pid, stream, raw)
	p.addToDump(raw)
	if !p.limit.Allow() {
		p.dropped++
		return
	}
	p.reportDropped()
	line := parseLine(raw, p.lines.veil.Mask)
	if p.tail.panicking && !line.tagged {
		line.level = slog.LevelError
	}
	attrs := []any{slog.String("stream", stream), slog.String("text", line.text)}
	if len(line.fields) > 0 {
		attrs = append(attrs, slog.GroupAttrs("fields", line.fields...))
	}
	// The message is ours: what the plugin says cannot be taken for the server's
	// own words.
	p.at(line.level)("plugin log", attrs...)
}

func (p *logPump) at(level slog.Level) func(message string, args ...any) {
	switch {
	case level >= slog.LevelError:
		return p.logger.Error
	case level >= slog.LevelWarn:
		return p.logger.Warn
	case level >= slog.LevelInfo:
		return p.logger.Info
	default:
		return p.logger.Debug
	}
}

// room says whether so many bytes more can be taken: all while the process is there, and
// mostHeld after its end.
func (p *logPump) room(size int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ended {
		return true
	}
	before := p.late
	p.late += size
	if p.late > mostHeld && before <= mostHeld {
		p.logger.Warn("plugin ended while it wrote faster than that was read, the rest is left")
	}
	return p.late <= mostHeld
}

// finish is told of the end of the process. It logs what waits, and reports what was
// dropped last.
func (p *logPump) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.drainFlood()
	p.reportDropped()
}

func (p *logPump) reportDropped() {
	if p.dropped > 0 {
		p.logger.Warn("plugin logs too fast, lines dropped", "lines", p.dropped)
		p.dropped = 0
	}
}

// beginDump keeps the stacks that the process writes from here on, up to mostDump bytes.
func (p *logPump) beginDump() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drainFlood()
	p.dumping = true
}

// inDump says whether a line is one of the stacks, and there is room for it: one that has
// much else to say leaves them theirs.
func (p *logPump) inDump(line []byte) bool {
	return p.dumping && (len(p.stacks) > 0 || beginsPanic(line)) && p.stackBytes+len(line) <= mostDump
}

func (p *logPump) addToDump(line []byte) {
	if p.inDump(line) {
		p.stackBytes += len(line)
		p.stacks = append(p.stacks, clean(line))
	}
}

// dump returns what was kept since beginDump from the first line of stacks on,
// nothing if there is none.
func (p *logPump) dump() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drainFlood()
	return p.stacks
}

// lastLines returns the tail, oldest line first.
func (p *logPump) lastLines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drainFlood()
	return p.tail.text()
}

// lineWriter cuts what is written to it into lines of bounded length. What is
// beyond the bound is thrown away, not kept for later.
type lineWriter struct {
	take    func(line []byte)
	partial []byte
	// skipping means that the rest of the line is beyond the bound.
	skipping bool
}

// Write implements io.Writer. It takes all and never fails.
func (w *lineWriter) Write(data []byte) (int, error) {
	written := len(data)
	for len(data) > 0 {
		line, rest, ended := bytes.Cut(data, []byte{'\n'})
		w.append(line)
		if ended {
			w.flush()
		}
		data = rest
	}
	return written, nil
}

func (w *lineWriter) append(part []byte) {
	room := mostLine - len(w.partial)
	if w.skipping || len(part) <= room {
		if !w.skipping {
			w.partial = append(w.partial, part...)
		}
		return
	}
	w.partial = append(append(w.partial, part[:room]...), cutMark...)
	w.skipping = true
}

// cutMark ends a line of which there was more.
const cutMark = "… (line cut)"

// wholeTexts drops the end of a masked line that was cut. A secret or a name that was cut with
// it, with blanks or not, was not recognised; of longer ones the parts before that were.
func wholeTexts(line []byte) []byte {
	const mostPart = 64
	text, ok := bytes.CutSuffix(line, []byte(cutMark))
	if !ok {
		return line
	}
	end := max(0, len(text)-mostPart)
	return append(text[:end:end], cutMark...)
}

// flush ends the line. The writer of a stream calls it once more at its end.
func (w *lineWriter) flush() {
	if len(bytes.TrimSpace(w.partial)) > 0 {
		w.take(w.partial)
	}
	w.partial, w.skipping = w.partial[:0], false
}
