package sdk

import (
	"math"
	"strings"
)

// finder finds the first of several texts in another. Mostly none is there, so it
// looks at every nth byte only, where n is nearly the length of the shortest text
// (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994). It is safe
// for concurrent use.
type finder struct {
	// forms are what is looked for, those to be preferred first.
	forms             []string
	shortest, longest int
	// skip says by the last two bytes of a window of the shortest length how many
	// bytes further the next one is that may begin with a form; 0 is this one.
	skip [256]uint8
}

// newFinder is for forms of at least two bytes.
func newFinder(forms []string) *finder {
	f := &finder{forms: forms, shortest: len(forms[0])}
	for _, form := range forms {
		f.shortest, f.longest = min(f.shortest, len(form)), max(f.longest, len(form))
	}
	for i := range f.skip {
		f.skip[i] = uint8(min(f.shortest-1, math.MaxUint8))
	}
	for _, form := range forms {
		for end := 1; end < f.shortest; end++ {
			at := pairOf(form[end-1], form[end])
			f.skip[at] = min(f.skip[at], uint8(min(f.shortest-1-end, math.MaxUint8)))
		}
	}
	return f
}

// pairOf is a place in skip. Pairs that share one cost time, no more.
func pairOf(first, second byte) byte { return first*31 ^ second }

// find returns where the first form begins, and the length of the one preferred
// among those that begin there; a length of 0 if there is none.
func (f *finder) find(text string) (at, length int) {
	for end := f.shortest - 1; end < len(text); {
		if skip := f.skip[pairOf(text[end-1], text[end])]; skip > 0 {
			end += int(skip)
			continue
		}
		at = end + 1 - f.shortest
		for _, form := range f.forms {
			if strings.HasPrefix(text[at:], form) {
				return at, len(form)
			}
		}
		end++
	}
	return 0, 0
}
