package pluginhost

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// However much a process writes, what is looked through is bounded, and the last lines and
// those of a panic are kept.
func TestFloodIsNotLookedThrough(t *testing.T) {
	t.Parallel()
	const many = 50_000
	for _, size := range []int{10, 100, mostLine} {
		synctest.Test(t, func(t *testing.T) {
			lines := newLineLog()
			lines.veil.Connections(&pluginv1.Connection{Secrets: map[string]string{"key": "topsecret"}})
			pump := newLogPump(discard(), lines, 1)
			flood := func(name string, n int) {
				for at := range n {
					pump.take("stderr", []byte(fmt.Sprint(name, at, " ", strings.Repeat("topsecret ", size/10))))
				}
			}
			flood("a", many)
			kept, _ := lines.after(0)
			if looked := kept[len(kept)-1].Number; looked > workAtOnce/uint64(max(size, leastWork)) {
				t.Errorf("%d lines were looked through at once", looked)
			}
			pump.take("stderr", []byte("panic: poison"))
			flood("stack", headLines)
			flood("b", many)
			time.Sleep(time.Second) //nolint:forbidigo // The clock is the test's.
			kept, _ = lines.after(0)
			if len(kept) == 0 || kept[len(kept)-1].Number != 2*many+headLines+1 {
				t.Fatalf("%d lines to %+v", len(kept), kept[len(kept)-1])
			}
			report := pump.lastLines()
			at := slices.Index(report, "panic: poison")
			if at < 0 || !strings.HasPrefix(report[at+headLines-1], fmt.Sprint("stack", headLines-2)) {
				t.Errorf("no head of the panic among %d lines", len(report))
			}
			if last := report[len(report)-1]; !strings.HasPrefix(last, fmt.Sprint("b", many-1)) {
				t.Errorf("the last line is %.40s", last)
			}
			if whole := strings.Join(report, ""); strings.Contains(whole, "topsecret") || !strings.Contains(whole, "left out") {
				t.Errorf("report = %.300s", whole)
			}
		})
	}
}

// Nor is more looked through if all of it looks like a panic.
func TestFloodOfPanicsIsNotLookedThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const seconds, perSecond = 10, 1000
		lines := newLineLog()
		pump := newLogPump(discard(), lines, 1)
		looked, last := 0, uint64(0)
		count := func() {
			kept, _ := lines.after(last)
			for _, line := range kept {
				looked, last = looked+len(line.Text), line.Number
			}
		}
		line := []byte("panic: " + strings.Repeat("x", mostLine-7))
		for range seconds * perSecond {
			pump.take("stderr", line)
			count()
			time.Sleep(time.Second / perSecond) //nolint:forbidigo // The clock is the test's.
		}
		urgent := (seconds + 2) * urgentPerSecond * mostLine
		if most := urgent + workAtOnce + seconds*workPerSecond; looked > most {
			t.Errorf("%d bytes were looked through, %d are the most", looked, most)
		}
		time.Sleep(time.Second) //nolint:forbidigo // The clock is the test's.
		count()
		if last != seconds*perSecond {
			t.Errorf("%d lines are counted", last)
		}
	})
}

// What waits to be looked through tells of nobody, however many calls end until then.
func TestFloodTellsOfNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lines := newLineLog()
		pump := newLogPump(discard(), lines, 1)
		for range workAtOnce / mostLine {
			pump.take("stderr", []byte(strings.Repeat("x", mostLine)))
		}
		done := lines.veil.Carry(telling("tell"))
		pump.take("stderr", []byte("greetings to Jane Doe"))
		done()
		for range 1000 {
			lines.veil.Carry(batch("other"))()
		}
		time.Sleep(time.Second) //nolint:forbidigo // The clock is the test's.
		kept, _ := lines.after(0)
		if text := kept[len(kept)-1].Text; text != "greetings to [masked]" {
			t.Errorf("the last line is %.40s", text)
		}
	})
}

// What a process wrote before its end is taken, but not all that is on its way.
func TestFloodEndsWithItsProcess(t *testing.T) {
	t.Parallel()
	runner := newRunner(binary{}, nil, false, discard(), newLineLog())
	pump := runner.log()
	synced := runner.synced("stdout")
	write := func(text string) {
		if n, err := synced.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("wrote %d of %d: %v", n, len(text), err)
		}
	}
	write(strings.Repeat("x", 2*mostHeld) + "\n")
	pump.finish()
	write("last words\n")
	for range 100 {
		write(strings.Repeat("\n", mostHeld/10))
	}
	write("never heard\n")
	report := pump.lastLines()
	if len(report) != 2 || !strings.HasSuffix(report[0], cutMark) || report[1] != "last words" {
		t.Errorf("%d lines to %.40s", len(report), report[len(report)-1])
	}
}

// All lines are forwarded or told to be dropped, those after the end of the process too.
func TestDroppedLinesAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const many = 3000
		var out strings.Builder
		pump := newLogPump(slog.New(slog.NewTextHandler(&out, nil)), newLineLog(), 1)
		take := func() {
			for range many {
				pump.take("stderr", []byte("x"))
			}
		}
		take()
		pump.finish()
		take()
		pump.take("stderr", []byte("panic: late"))
		time.Sleep(time.Second) //nolint:forbidigo // The clock is the test's.
		synctest.Wait()
		told := strings.Count(out.String(), "plugin log\"")
		for _, after := range strings.Split(out.String(), "lines dropped\" lines=")[1:] {
			var dropped int
			if _, err := fmt.Sscan(after, &dropped); err != nil {
				t.Fatal(err)
			}
			told += dropped
		}
		if told != 2*many+1 {
			t.Errorf("%d of %d lines are told of", told, 2*many+1)
		}
	})
}

// BenchmarkFlood is what a line of a plugin costs that writes as fast as it can.
func BenchmarkFlood(b *testing.B) {
	for _, size := range []int{1, 100, mostLine} {
		b.Run(fmt.Sprintf("%d bytes", size), func(b *testing.B) {
			lines := newLineLog()
			for n := range 1000 {
				lines.veil.Connections(&pluginv1.Connection{Secrets: map[string]string{"key": fmt.Sprintf("%0*d", 20+n%20, n)}})
			}
			pump := newLogPump(discard(), lines, 1)
			line := []byte(strings.Repeat("x", size))
			for b.Loop() {
				pump.take("stderr", line)
			}
		})
	}
}
