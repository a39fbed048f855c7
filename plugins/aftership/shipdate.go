package aftership

import (
	"strings"
	"time"
)

// calendarDate is a day without time and zone. It never passes through a zone,
// so the day the warehouse wrote is the day AfterShip gets.
type calendarDate struct {
	year  int
	month time.Month
	day   int
}

// parseDate reads "YYYY-MM-DD" and refuses days that no calendar has.
func parseDate(written string) (calendarDate, bool) {
	t, err := time.Parse(time.DateOnly, written)
	if err != nil {
		return calendarDate{}, false
	}
	return dateOf(t), true
}

// shownDate reads a ship date from an answer. The same generation shows several
// formats (AfterShip API reference, section 2.4): eight digits, or a date with
// dashes and perhaps a time, of which the date as written counts.
func shownDate(shown string) (calendarDate, bool) {
	day, _, _ := strings.Cut(shown, "T")
	for _, layout := range []string{time.DateOnly, digitsOnly} {
		if t, err := time.Parse(layout, day); err == nil {
			return dateOf(t), true
		}
	}
	return calendarDate{}, false
}

func dateOf(t time.Time) calendarDate {
	return calendarDate{year: t.Year(), month: t.Month(), day: t.Day()}
}

// known is false for the zero value.
func (d calendarDate) known() bool { return d != calendarDate{} }

// format writes the day in a layout of package time.
func (d calendarDate) format(layout string) string {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Format(layout)
}
