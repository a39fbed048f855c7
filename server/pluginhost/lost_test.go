package pluginhost

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCrashTail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", mostTail)
	for _, test := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"nothing", nil, ""},
		{"last lines", []string{"one", "two"}, "one\ntwo"},
		{"panic without what came before", []string{"one", "panic: oh", "goroutine 1"}, "panic: oh\ngoroutine 1"},
		{"last panic", []string{"panic: first", "panic: second", "x"}, "panic: second\nx"},
		{"end of long lines", []string{"first", long + "z"}, strings.Repeat("é", mostTail/2-1) + "z"},
		{"beginning of a long panic", []string{"panic: " + long}, "panic: " + strings.Repeat("é", (mostTail-7)/2)},
		{"not UTF-8", []string{"a\xffb"}, "a\uFFFDb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := crashTail(test.lines)
			if got != test.want || len(got) > mostTail || !utf8.ValidString(got) {
				t.Errorf("tail = %q (%d bytes), want %q", got, len(got), test.want)
			}
		})
	}
}
