package pluginhost

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
)

// CrashCause tells ends of processes apart. There are few, so that it may be a
// label of metrics.
type CrashCause string

// The causes.
const (
	// CrashStart: it did not become READY.
	CrashStart CrashCause = "start"
	// CrashExit: it ended with an exit status.
	CrashExit CrashCause = "exit"
	// CrashSignal: a signal that the host did not send ended it.
	CrashSignal CrashCause = "signal"
	// CrashHung: it answered no health check and was killed.
	CrashHung CrashCause = "hung"
	// CrashMemory: it had no memory left, or more than it may have.
	CrashMemory CrashCause = "out_of_memory"
	// CrashRefused: the host refused it after it had started, for what it said.
	// It is reported, but counts as no crash.
	CrashRefused CrashCause = "refused"
)

// CrashCauses returns all that Status.CrashesBy counts.
func CrashCauses() []CrashCause {
	return []CrashCause{CrashStart, CrashExit, CrashSignal, CrashHung, CrashMemory}
}

// mostReports of a plugin are kept.
const mostReports = 5

// CrashReport tells how a process of a plugin ended. What the plugin wrote is without the
// secrets and the data of customers that were found in it.
type CrashReport struct {
	// Time of the end.
	Time time.Time
	// Cause in one word, Reason in the operator's words.
	Cause  CrashCause
	Reason string
	// Ending of the process, "exit status 2" for example.
	Ending string
	// PID it had.
	PID int
	// SHA256 of its binary and the Version that it described, empty if it did not.
	SHA256, Version string
	// Ready is how long it took calls, 0 if it never did.
	Ready time.Duration
	// Isolated: it was the isolation process.
	Isolated bool
	// Tail is the end of what it wrote, at most 200 lines and the beginning of a
	// panic before them, oldest first, each cut at 1 KiB.
	Tail []string
	// Dump are the stacks of a process that hung, as it wrote them when it was
	// asked for them, cut at 256 KiB. Empty if it did not write any.
	Dump []string
}

// crash is the error of a process that ended.
type crash struct {
	report CrashReport
	cause  error
}

func (c *crash) Error() string { return c.cause.Error() }
func (c *crash) Unwrap() error { return c.cause }

// autopsy makes the error of a process that is gone. It is called once nothing of
// the process is left.
func (r *pluginRunner) autopsy(cause CrashCause, err error) *crash {
	lines := r.log().lastLines()
	byItself := cause == CrashExit || cause == CrashSignal || cause == CrashStart
	if byItself && !errors.Is(err, ErrRefused) && r.starved(lines) {
		cause, err = CrashMemory, r.hungry(err)
	}
	report := CrashReport{
		Time: time.Now(), Cause: cause, Reason: oneLine(err.Error()), SHA256: r.binary.digest,
		Tail: shortened(lines), Dump: r.log().dump(),
	}
	if process := r.current(); process != nil {
		report.PID, report.Ending = process.pid, process.ending()
	}
	if errors.Is(err, ErrRefused) {
		report.Cause = CrashRefused
	}
	return &crash{report: report, cause: err}
}

// reportOf returns the report of an error, one made from its text if it has none.
func reportOf(err error, cause CrashCause) CrashReport {
	var ended *crash
	if errors.As(err, &ended) {
		return ended.report
	}
	if errors.Is(err, ErrRefused) {
		cause = CrashRefused
	}
	return CrashReport{Time: time.Now(), Cause: cause, Reason: oneLine(err.Error())}
}

// causeOf tells how a process ended that the host did not end.
func (r *pluginRunner) causeOf() CrashCause {
	if r.current().signalled() {
		return CrashSignal
	}
	return CrashExit
}

// autopsy makes the error of a process that was connected.
func (i *instance) autopsy(cause CrashCause, err error) *crash {
	c := i.runner.autopsy(cause, err)
	c.report.Version = i.description.GetVersion()
	if !i.readySince.IsZero() {
		c.report.Ready = time.Since(i.readySince)
	}
	return c
}

// keep notes the end of a process: one more crash, unless it was refused.
func (s *supervisor) keep(report CrashReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports = append(s.reports, report)
	if over := len(s.reports) - mostReports; over > 0 {
		s.reports = slices.Delete(s.reports, 0, over)
	}
	if report.Cause == CrashRefused {
		return
	}
	if report.Isolated {
		s.status.IsolatedCrashesBy = plusOne(s.status.IsolatedCrashesBy, report.Cause)
		s.status.Isolation.Crashes++
		return
	}
	s.status.CrashesBy = plusOne(s.status.CrashesBy, report.Cause)
	s.status.Crashes++
	s.status.LastCrash = report.Tail
}

// plusOne leaves the map alone that a Status shares.
func plusOne(counts map[CrashCause]int, cause CrashCause) map[CrashCause]int {
	counts = maps.Clone(counts)
	if counts == nil {
		counts = map[CrashCause]int{}
	}
	counts[cause]++
	return counts
}

// CrashReports returns the last reports of a plugin, newest first; false if it is
// not installed.
func (h *Host) CrashReports(name string) ([]CrashReport, bool) {
	s, ok := h.supervisor(name)
	if !ok {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reports := slices.Clone(s.reports)
	slices.Reverse(reports)
	return reports, true
}

// mostReportLine bytes of a line go into a report: all reports of a plugin fit into one
// message.
const mostReportLine = 1 << 10

func shortened(lines []string) []string {
	for i := range lines {
		lines[i] = cut(clean([]byte(lines[i])), mostReportLine)
	}
	return lines
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "; ") }
