package aftership

import (
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"2026-11-20": "20261120",
		"2024-02-29": "20240229",
		"2026-02-29": "",
		"2026-13-01": "",
		"20261120":   "",
		"":           "",
	} {
		date, ok := parseDate(written)
		if ok != (want != "") || date.known() != ok {
			t.Errorf("parseDate(%q) is %v, %v", written, date, ok)
			continue
		}
		if ok && (date.format(digitsOnly) != want || date.format(time.DateOnly) != written) {
			t.Errorf("parseDate(%q) formats as %q and %q", written, date.format(digitsOnly), date.format(time.DateOnly))
		}
	}
}

// TestShownDateIsTheDayAsWritten includes a time late in the day with an offset:
// the day does not move through UTC.
func TestShownDateIsTheDayAsWritten(t *testing.T) {
	t.Parallel()
	want, _ := parseDate("2026-11-20")
	for _, shown := range []string{
		"20261120", "2026-11-20", "2026-11-20T23:30:00", "2026-11-20T23:30:00-08:00", "2026-11-20T00:10:00+08:00",
	} {
		if got, ok := shownDate(shown); !ok || got != want {
			t.Errorf("shownDate(%q) is %v, %v", shown, got, ok)
		}
	}
	for _, shown := range []string{"", "soon", "2026-02-30"} {
		if _, ok := shownDate(shown); ok {
			t.Errorf("shownDate(%q) is a date", shown)
		}
	}
}
