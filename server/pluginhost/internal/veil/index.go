package veil

import (
	"cmp"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
)

// longestPart of a text is looked for as a whole; a longer text is looked for in parts of
// that length.
const longestPart = 64

// parts of a text are those of its lines, so that it is found line by line too.
func parts(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			for len(line) > longestPart {
				if !yield(line[:longestPart]) {
					return
				}
				line = line[longestPart:]
			}
			if line != "" && !yield(line) {
				return
			}
		}
	}
}

// index finds texts in others, whatever the case of ASCII letters. It has only hashes of
// them, so it tells nobody a secret. Not safe for concurrent use.
type index struct {
	// base of the polynomial that a hash is (Karp and Rabin, 1987), odd and random.
	base uint64
	// counts of texts by length and hash.
	counts map[int]map[uint64]int
	size   int
}

func newIndex() *index {
	return &index{base: rand.Uint64() | 1, counts: map[int]map[uint64]int{}} //nolint:gosec // It guards no secret.
}

func fold(b byte) uint64 {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return uint64(b) + 1
}

func (x *index) hash(text string) uint64 {
	var h uint64
	for i := range len(text) {
		h = h*x.base + fold(text[i])
	}
	return h
}

func (x *index) has(text string) bool {
	return x.counts[len(text)][x.hash(text)] > 0
}

// add counts a text n times more.
func (x *index) add(text string, n int) {
	ofLength := x.counts[len(text)]
	if ofLength == nil {
		ofLength = map[uint64]int{}
		x.counts[len(text)] = ofLength
	}
	h := x.hash(text)
	x.size += n
	if ofLength[h] += n; ofLength[h] > 0 {
		return
	}
	delete(ofLength, h)
	if len(ofLength) == 0 {
		delete(x.counts, len(text))
	}
}

// find adds where in the line a text is.
func (x *index) find(line []byte, found spans) spans {
	for length, texts := range x.counts {
		if length > len(line) {
			continue
		}
		var h uint64
		first := uint64(1) // What the first byte is multiplied with.
		for i := range length {
			h = h*x.base + fold(line[i])
			if i > 0 {
				first *= x.base
			}
		}
		for end := length; ; end++ {
			if texts[h] > 0 {
				found = append(found, span{end - length, end})
			}
			if end == len(line) {
				break
			}
			h = (h-fold(line[end-length])*first)*x.base + fold(line[end])
		}
	}
	return found
}

// span is a part of a line, spans are some in any order.
type (
	span  struct{ from, to int }
	spans []span
)

// mask is put in the place of what is hidden.
const mask = "[masked]"

func (s spans) replace(line []byte) []byte {
	if len(s) == 0 {
		return line
	}
	slices.SortFunc(s, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var masked []byte
	done := 0
	for i, hidden := range s {
		if i == 0 || hidden.from > done {
			masked = append(append(masked, line[done:hidden.from]...), mask...)
		}
		done = max(done, hidden.to)
	}
	return append(masked, line[done:]...)
}
