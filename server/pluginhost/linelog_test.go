package pluginhost

import (
	"strconv"
	"strings"
	"testing"
)

// The last lines are kept in order, and who reads slowly learns of a gap.
func TestLineLog(t *testing.T) {
	t.Parallel()
	l := newLineLog()
	lines, more := l.after(0)
	if len(lines) != 0 {
		t.Errorf("lines = %v", lines)
	}
	for n := range 3 {
		l.add(7, "stderr", []byte(strconv.Itoa(n)))
	}
	<-more
	lines, _ = l.after(1)
	if len(lines) != 2 || lines[0].Number != 2 || lines[0].Text != "1" || lines[1].Text != "2" ||
		lines[0].PID != 7 || lines[0].Stream != "stderr" || lines[0].Time.IsZero() {
		t.Errorf("lines = %+v", lines)
	}
	for n := range 1000 {
		l.add(8, "stdout", []byte(strconv.Itoa(n)+"\xff"))
	}
	lines, _ = l.after(3)
	if len(lines) != tailLines || lines[0].Number != 1003-tailLines+1 || lines[tailLines-1].Text != "999\uFFFD" {
		t.Errorf("%d lines from %+v", len(lines), lines[0])
	}
	l.skip(70)
	l.add(8, "stdout", []byte("after a gap"))
	lines, _ = l.after(3)
	if len(lines) != tailLines-70 || lines[len(lines)-2].Number != 1003 || lines[len(lines)-1].Number != 1074 {
		t.Errorf("%d lines to %+v", len(lines), lines[len(lines)-1])
	}
	if lines, _ := l.after(5000); len(lines) != 0 {
		t.Errorf("lines from the future = %v", lines)
	}
}

// The lines of all processes of a plugin follow one another.
func TestLinesOutliveTheProcess(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	b.ready(t, "good")
	_, _ = b.forward(t, "good", "panic")
	b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == 2 })
	_, _ = b.forward(t, "good", "panic")
	b.await(t, func(s Status) bool { return s.State == Ready && s.Starts == 3 })
	lines, _, ok := b.Lines("good", 0)
	pids := map[int]bool{}
	for _, line := range lines {
		if strings.HasPrefix(line.Text, "panic: poison record") {
			pids[line.PID] = true
		}
	}
	if !ok || len(pids) != 2 {
		t.Errorf("panics of %v in %+v", pids, lines)
	}
	if _, _, ok := b.Lines("absent", 0); ok {
		t.Error("a plugin that is not installed has lines")
	}
}
