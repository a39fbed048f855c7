package intake

// sequence keeps items that change the same record in the order in which they
// came, while all others are accepted side by side and share commits. It belongs
// to one goroutine; only the functions it returns may be called by others.
type sequence[K comparable] struct {
	last map[K]*turn
	// enough is the number of keys above which those that are done are dropped.
	enough int
}

// turn is the place of one item: ready when those before it are done.
type turn struct {
	done   chan struct{}
	before []<-chan struct{}
}

// fewKeys are not worth looking through.
const fewKeys = 4096

func newSequence[K comparable]() *sequence[K] {
	return &sequence[K]{last: map[K]*turn{}, enough: fewKeys}
}

// next gives an item its turn behind earlier items with a key in common.
func (s *sequence[K]) next(keys []K) *turn {
	t := &turn{done: make(chan struct{})}
	for _, key := range keys {
		if earlier, ok := s.last[key]; ok {
			t.before = append(t.before, earlier.done)
		}
		s.last[key] = t
	}
	return t
}

// forget drops the keys whose last turn is done, so that a long stream does not
// remember every key it ever saw. It looks only after the number of keys doubled:
// a shipment may have a thousand, and messages with single items are many.
func (s *sequence[K]) forget() {
	if len(s.last) < s.enough {
		return
	}
	for key, t := range s.last {
		select {
		case <-t.done:
			delete(s.last, key)
		default:
		}
	}
	s.enough = max(2*len(s.last), fewKeys)
}

// await blocks until the items before are done.
func (t *turn) await() {
	for _, earlier := range t.before {
		<-earlier
	}
}

// end lets the items behind go.
func (t *turn) end() { close(t.done) }
