package pluginhost

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func asItIs(text []byte) []byte { return text }

func TestParseLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, line string
		level      slog.Level
		text       string
		fields     string
	}{
		{name: "plain", line: "hello", level: slog.LevelInfo, text: "hello"},
		{name: "bracketed", line: "[WARN] careful", level: slog.LevelWarn, text: "[WARN] careful"},
		{name: "unknown bracket", line: "[main] hello", level: slog.LevelInfo, text: "[main] hello"},
		{
			name: "slog", line: `{"time":"2026-01-02T03:04:05Z","level":"ERROR","msg":"failed","status":500,"who":"me"}`,
			level: slog.LevelError, text: "failed", fields: "[status=500 who=me]",
		},
		{name: "slog between levels", line: `{"level":"INFO+2","msg":"x"}`, level: slog.LevelInfo, text: "x"},
		{
			name: "hclog", line: `{"@level":"debug","@message":"x","@timestamp":"now","@module":"m"}`,
			level: slog.LevelDebug, text: "x", fields: "[@module=m]",
		},
		{
			name: "hostile level", line: `{"@level":3,"@message":"x"}`,
			level: slog.LevelInfo, text: "x", fields: "[@level=3]",
		},
		{
			name: "hostile message", line: `{"@level":"warn","@message":{"a":[1]},"@timestamp":7}`,
			level: slog.LevelWarn, text: `{"@level":"warn","@message":{"a":[1]},"@timestamp":7}`,
		},
		{name: "not JSON", line: `{"@level":`, level: slog.LevelInfo, text: `{"@level":`},
		{name: "null", line: `{"@level":null,"msg":null}`, level: slog.LevelInfo, text: `{"@level":null,"msg":null}`},
		{name: "invalid UTF-8", line: "a\xffb", level: slog.LevelInfo, text: "a\uFFFDb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := parseLine([]byte(test.line), asItIs)
			fields := ""
			if len(got.fields) > 0 {
				fields = fmt.Sprint(got.fields)
			}
			if got.level != test.level || got.text != test.text || fields != test.fields {
				t.Errorf("parsed = %+v", got)
			}
		})
	}
}

func FuzzParseLine(f *testing.F) {
	for _, seed := range []string{
		`{"@level":3,"@message":"x"}`, `{"level":"INFO","msg":"x","n":1e999}`, `[ERROR] x`, `{"a":{"b":[[[]]]}}`, "\x00\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got := parseLine(line, asItIs)
		if !utf8.ValidString(got.text) || len(got.fields) > mostFields {
			t.Errorf("parsed = %+v", got)
		}
		for _, field := range got.fields {
			if value := field.Value.String(); len(value) > mostValue+8 || !utf8.ValidString(value) {
				t.Errorf("field %q has %d bytes", field.Key, len(value))
			}
		}
		var out bytes.Buffer
		pump := newLogPump(slog.New(slog.NewJSONHandler(&out, nil)), newLineLog(), 1)
		lines := &lineWriter{take: func(line []byte) { pump.take("stderr", line) }}
		_, _ = lines.Write(line)
		lines.flush()
		pump.finish()
	})
}

func TestLinesAreBounded(t *testing.T) {
	t.Parallel()
	var got []string
	lines := &lineWriter{take: func(line []byte) { got = append(got, string(line)) }}
	for range 100 {
		_, _ = lines.Write(bytes.Repeat([]byte("x"), 1000))
	}
	_, _ = lines.Write([]byte("\n\n  \nshort\r\nunfinis"))
	_, _ = lines.Write([]byte("hed"))
	lines.flush()
	if len(got) != 3 || len(got[0]) != mostLine+len("… (line cut)") || got[1] != "short\r" || got[2] != "unfinished" {
		t.Errorf("lines = %d: %.20q", len(got), got)
	}
}

func TestTailKeepsTheLast(t *testing.T) {
	t.Parallel()
	var lines tail
	if got := lines.text(); len(got) != 0 {
		t.Errorf("empty tail = %q", got)
	}
	for n := range 3*tailLines + 7 {
		lines.add([]byte(fmt.Sprint(n)))
	}
	got := lines.text()
	if len(got) != tailLines || got[0] != fmt.Sprint(2*tailLines+7) || got[tailLines-1] != fmt.Sprint(3*tailLines+6) {
		t.Errorf("tail = %d lines from %s to %s", len(got), got[0], got[len(got)-1])
	}
}

func TestTailKeepsTheHeadOfAPanic(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stack, lines int
		gap          string
	}{
		{stack: 10, lines: 111},
		{stack: tailLines - 1, lines: tailLines},
		{stack: tailLines + 9, lines: tailLines + 10},
		{stack: tailLines + 999, lines: tailLines + headLines + 1, gap: "… (960 lines left out)"},
	} {
		var lines tail
		for range 100 {
			lines.add([]byte("before"))
		}
		lines.add([]byte("panic: poison"))
		for n := range test.stack {
			lines.add([]byte(fmt.Sprint("stack ", n)))
		}
		got := lines.text()
		if len(got) != test.lines || !hasLine(got, "panic: poison") || test.gap != "" && !hasLine(got, test.gap) {
			t.Errorf("stack of %d: %d lines, first %q, last %q", test.stack, len(got), got[0], got[len(got)-1])
		}
		slices.Sort(got)
		if test.stack > tailLines && len(slices.Compact(got)) != test.lines {
			t.Errorf("stack of %d: lines occur twice", test.stack)
		}
	}
}

// Lines that were not kept are counted among those that were left out, once.
func TestTailCountsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	var lines tail
	for total, n := 0, 0; n < 3*tailLines; n++ {
		switch {
		case n == 0:
			lines.add([]byte("panic: poison"))
			total++
		case n%100 == 7:
			lines.skip(n)
			total += n
		default:
			lines.add([]byte("stack"))
			total++
		}
		told := 0
		for _, line := range lines.text() {
			missed := 1
			_, _ = fmt.Sscanf(line, "… (%d lines left out)", &missed)
			told += missed
		}
		if told != total {
			t.Fatalf("%d of %d lines are told of", told, total)
		}
	}
	lines.add([]byte("panic: another"))
	for range tailLines {
		lines.add([]byte("stack"))
	}
	if got := lines.text(); len(got) != tailLines+1 || got[0] != "panic: another" {
		t.Errorf("%d lines from %q", len(got), got[0])
	}
}

// Neither the tail nor the lines of a panic get lost among the dropped.
func TestFloodIsDroppedButKeptInTail(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	pump := newLogPump(slog.New(slog.NewTextHandler(&out, nil)), newLineLog(), 1)
	for n := range 10 * linesAtOnce {
		pump.take("stderr", []byte(fmt.Sprint("line ", n)))
	}
	pump.finish()
	if lines := strings.Count(out.String(), "\n"); lines > 2*linesAtOnce {
		t.Errorf("%d lines were forwarded", lines)
	}
	if !strings.Contains(out.String(), "lines dropped") {
		t.Error("nothing said of dropped lines")
	}
	if tail := pump.lastLines(); tail[len(tail)-1] != fmt.Sprint("line ", 10*linesAtOnce-1) {
		t.Errorf("tail ends with %q", tail[len(tail)-1])
	}
}
