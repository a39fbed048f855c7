package dispatch

import (
	"container/heap"
	"time"
)

// timetable holds the lanes that have something to do later, the earliest first.
type timetable []*lane

var _ heap.Interface = (*timetable)(nil)

func (t timetable) Len() int           { return len(t) }
func (t timetable) Less(i, j int) bool { return t[i].next.Before(t[j].next) }

func (t timetable) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].place, t[j].place = i, j
}

// Push is for package heap.
func (t *timetable) Push(x any) {
	l := x.(*lane)
	l.place = len(*t)
	*t = append(*t, l)
}

// Pop is for package heap.
func (t *timetable) Pop() any {
	old := *t
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*t = old[:len(old)-1]
	l.place = -1
	return l
}

// put enters the lane at a time, or moves it there if that is earlier.
func (t *timetable) put(l *lane, at time.Time) {
	switch {
	case l.place < 0:
		l.next = at
		heap.Push(t, l)
	case at.Before(l.next):
		l.next = at
		heap.Fix(t, l.place)
	}
}

// due takes out the next lane whose time has come, nil if there is none.
func (t *timetable) due(now time.Time) *lane {
	if len(*t) == 0 || (*t)[0].next.After(now) {
		return nil
	}
	return heap.Pop(t).(*lane)
}

// earliest returns the time of the next lane.
func (t timetable) earliest() (time.Time, bool) {
	if len(t) == 0 {
		return time.Time{}, false
	}
	return t[0].next, true
}
