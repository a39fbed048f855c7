package intake

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// What of a merchant's batches and streams is validated and committed at a time. A
// commit takes as long as what is in it, and whoever submits meanwhile waits for its
// end. BenchmarkNeighbour shows what the numbers do.
const (
	// mostAlone share a flush well enough that the merchant gets no less through than
	// without a bound, and take some milliseconds, for the first of the others.
	mostAlone = 64
	// mostBeside is as much while others submit too.
	mostBeside = 16
	// besideFor is how long after a submission of another one somebody is not alone.
	besideFor = time.Second
)

// shares hold back what a merchant sends in bulk, so that a flood waits here and not
// before the others, on the processors or in a commit (promise P5). It is safe for
// concurrent use.
type shares struct {
	now func() time.Time
	mu  sync.Mutex
	// byMerchant has those with something under way.
	byMerchant map[string]*share
	// last submitted last, before is the last one who is another.
	last, before submitter
}

// submitter is a merchant and when it last submitted.
type submitter struct {
	merchant string
	at       time.Time
}

// share is what one merchant has under way, and who waits, first come first served.
type share struct {
	underWay int
	waiting  list.List // of chan struct{}, closed when its turn has come
}

func newShares(now func() time.Time) *shares {
	return &shares{now: now, byMerchant: map[string]*share{}}
}

// submits notes that a merchant submits something, in bulk or not.
func (s *shares) submits(merchant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last.merchant != merchant {
		s.before = s.last
	}
	s.last = submitter{merchant, s.now()}
}

// most is what the merchant may have under way now.
func (s *shares) most(merchant string) int {
	other := s.last
	if other.merchant == merchant {
		other = s.before
	}
	if other.merchant != "" && s.now().Sub(other.at) < besideFor {
		return mostBeside
	}
	return mostAlone
}

// enter waits until one more item of the merchant may be under way. Unless it fails,
// leave has to follow.
func (s *shares) enter(ctx context.Context, merchant string) error {
	s.mu.Lock()
	own := s.byMerchant[merchant]
	if own == nil {
		own = &share{}
		s.byMerchant[merchant] = own
	}
	if own.underWay < s.most(merchant) {
		own.underWay++
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := own.waiting.PushBack(turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-turn: // It came all the same.
		s.pass(merchant, own)
	default:
		own.waiting.Remove(place)
	}
	return ctx.Err()
}

// leave lets the next items of the merchant in.
func (s *shares) leave(merchant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass(merchant, s.byMerchant[merchant])
}

// pass gives a place back. Those who wait longest get what is free now, which is more
// or less than that as others come and go; while any wait, some are under way.
func (s *shares) pass(merchant string, own *share) {
	own.underWay--
	for own.waiting.Len() > 0 && own.underWay < s.most(merchant) {
		own.underWay++
		close(own.waiting.Remove(own.waiting.Front()).(chan struct{}))
	}
	if own.underWay == 0 {
		delete(s.byMerchant, merchant)
	}
}
