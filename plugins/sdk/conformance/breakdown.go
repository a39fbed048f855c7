package conformance

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spurline/spurline/plugins/sdk/internal/gostack"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Kind is how a plugin broke down.
type Kind string

const (
	// Panicked is a panic that the kit caught: it cost one delivery or call.
	Panicked Kind = "panic"
	// Crashed is a panic or another fatal error that ended the process.
	Crashed Kind = "crash"
	// Exited is an end of the process that nobody asked for, without such an error.
	Exited Kind = "exit"
)

// Breakdown is one fault in the code of the plugin that stopped a call or the process.
// The same one is told once, however many checks met it.
type Breakdown struct {
	// ID is how the results name it: A, B and so on.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Call is the method that was called, empty at the start of the process.
	Call string `json:"call,omitempty"`
	// Text is what it panicked with, the fatal error, or the status of the process.
	Text string `json:"text"`
	// Frames are the first functions of its author on the stack, innermost first.
	Frames []string `json:"frames,omitempty"`
	// Output is what the process wrote last, if no stack tells more.
	Output []string `json:"output,omitempty"`
	// Checks are the numbers of those that met it.
	Checks []int `json:"checks,omitempty"`
}

// String says what happened in one line.
func (b Breakdown) String() string {
	what := map[Kind]string{
		Panicked: "panic", Crashed: "the process crashed", Exited: "the process ended",
	}[b.Kind]
	where := " at its start"
	if b.Call != "" {
		where = " in " + b.Call
		if b.Kind != Panicked {
			where = " during " + b.Call
		}
	}
	return what + where + ": " + b.Text
}

// writeText writes it for people.
func (b Breakdown) writeText(to *strings.Builder) {
	fmt.Fprintf(to, "breakdown %s: %s\n", b.ID, b)
	for _, frame := range b.Frames {
		fmt.Fprintf(to, "      at %s\n", frame)
	}
	for _, line := range b.Output {
		fmt.Fprintf(to, "      > %s\n", line)
	}
	switch len(b.Checks) {
	case 0:
		to.WriteString("      no check failed for it\n\n")
	default:
		numbers := strings.Trim(fmt.Sprint(b.Checks), "[]")
		fmt.Fprintf(to, "      failed for it: %s\n\n", strings.ReplaceAll(numbers, " ", ", "))
	}
}

// sameAs says that another one is the same fault. What it panicked with may differ, as it
// often names the record.
func (b Breakdown) sameAs(other Breakdown) bool {
	if b.Kind != other.Kind || b.Call != other.Call || !slices.Equal(b.Frames, other.Frames) {
		return false
	}
	return len(b.Frames) > 0 || b.Text == other.Text
}

// breakdowns are those of a run, each once. It is safe for concurrent use.
type breakdowns struct {
	mu  sync.Mutex
	all []Breakdown
}

// mostBreakdowns are told apart; what comes after them counts as the last one.
const mostBreakdowns = 26

// add notes what a check met, 0 for none, and returns the ids.
func (b *breakdowns) add(check int, met []Breakdown) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var ids []string
	for _, one := range met {
		at := slices.IndexFunc(b.all, one.sameAs)
		if at < 0 && len(b.all) < mostBreakdowns {
			at = len(b.all)
			one.ID = string(rune('A' + at))
			b.all = append(b.all, one)
		}
		if at < 0 {
			at = mostBreakdowns - 1
		}
		known := &b.all[at]
		if check != 0 && !slices.Contains(known.Checks, check) {
			known.Checks = append(known.Checks, check)
			slices.Sort(known.Checks)
		}
		if !slices.Contains(ids, known.ID) {
			ids = append(ids, known.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func (b *breakdowns) list() []Breakdown {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}

// mostFrames are shown.
const mostFrames = 5

// caught reads the line by which the kit tells of a panic that it caught. Deliveries are
// told by their ids, which only say something with the call that they came by.
func caught(line []byte, call string) (Breakdown, bool) {
	told, ok := pluginv1.ReadPanic(line)
	if !ok {
		return Breakdown{}, false
	}
	in := told.In
	if strings.HasPrefix(in, "delivery ") {
		in = call
	}
	return Breakdown{Kind: Panicked, Call: in, Text: told.Panic, Frames: framesOf(told.Stack)}, true
}

func framesOf(stack string) []string {
	var frames []string
	for _, frame := range gostack.Own(stack, mostFrames) {
		frames = append(frames, frame.Function+" "+frame.Place)
	}
	return frames
}

// begins says that a line is the first of what the Go runtime writes when it ends a
// process.
func begins(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")
}

// firstGoroutine is what the runtime wrote up to the stack of a second goroutine, which may
// have panicked in the same moment.
func firstGoroutine(report []string) []string {
	met := false
	for i, line := range report {
		if strings.HasPrefix(line, "goroutine ") {
			if met {
				return report[:i]
			}
			met = true
		}
	}
	return report
}

// crashed reads what the Go runtime wrote when it ended the process.
func crashed(report []string, call string) Breakdown {
	b := Breakdown{Kind: Crashed, Call: call, Frames: framesOf(strings.Join(firstGoroutine(report), "\n"))}
	var text []string
	for _, line := range report {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "goroutine ") || strings.HasPrefix(line, "[signal ") {
			break
		}
		text = append(text, line)
	}
	b.Text = strings.Join(text, " ")
	return b
}

// met are the breakdowns that a process told of, or that it shows by having ended. It has
// ended when they are asked for, or was.
func (p *process) met() []Breakdown {
	p.mu.Lock()
	all, call, unasked := slices.Clone(p.caught), p.call, p.unasked
	p.mu.Unlock()
	report := p.stderr.crashReport()
	switch {
	case len(report) > 0:
		all = append(all, crashed(report, call))
	case unasked != "":
		all = append(all, Breakdown{Kind: Exited, Call: call, Text: unasked, Output: lastOf(p.stderr.last(), 10)})
	}
	for i := range all {
		b := &all[i]
		b.Text = p.suite.observed.scrubbed(b.Text)
		for j := range b.Output {
			b.Output[j] = p.suite.observed.scrubbed(b.Output[j])
		}
	}
	return all
}

func lastOf(lines []string, most int) []string { return lines[max(len(lines)-most, 0):] }

// note takes a line of the process's log.
func (p *process) note(line []byte, whole bool) {
	p.suite.observed.logLine(line, whole)
	if !bytes.Contains(line, []byte(pluginv1.PanicMessage)) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if b, ok := caught(line, p.call); ok && len(p.caught) < mostBreakdowns && !slices.ContainsFunc(p.caught, b.sameAs) {
		p.caught = append(p.caught, b)
	}
}

// calling notes the method that is called, for what becomes of the process meanwhile.
func (p *process) calling(method string) {
	if !strings.HasPrefix(method, "/spurline.plugin.") {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.call = method[strings.LastIndexByte(method, '/')+1:]
}

// ask notes that the process is told to end now.
func (p *process) ask() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = true
}

// died notes that the process ended, if nobody asked it to.
func (p *process) died() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked && !p.launch.alone && p.unasked == "" {
		p.unasked = p.cmd.ProcessState.String()
	}
}

// see is a short reference to breakdowns, with the names that the report gives them.
func see(ids []string) string {
	if len(ids) == 1 {
		return "see breakdown " + ids[0]
	}
	return "see breakdowns " + strings.Join(ids, ", ")
}
