package dispatch

import "time"

// slowAfter is when a call counts as slow. It goes on: what else is in it must
// not suffer. But it does not count among the plugin's calls any more, so that
// those that hang do not take the place of those that do not (promise P5).
const slowAfter = 5 * time.Second

// flight is a call as the loop sees it.
type flight struct {
	plugin string
	// open counts the deliveries of each lane in the call that are not done.
	open        map[*lane]int
	slow, ended bool
	// isolated: it is in the plugin's isolated process, and counts for nothing in the
	// main one.
	isolated bool
}

// slowCall takes note that a call takes long: the lanes that it still waits for
// get one call at a time from now on.
func (l *loop) slowCall(flight *flight) {
	if flight.ended || flight.isolated {
		return
	}
	flight.slow = true
	for lane := range flight.open {
		lane.slow = true
	}
	load := l.load(flight.plugin)
	load.calls--
	load.slow++
}

// land takes note that a delivery of the lane in the flight is done.
func (l *lane) land(flight *flight, arrived bool) {
	if flight == nil {
		return
	}
	if flight.open[l]--; flight.open[l] == 0 {
		delete(flight.open, l)
		l.calls--
	}
	if arrived && !flight.slow {
		l.slow = false
	}
}
