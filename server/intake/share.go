package intake

import (
	"container/list"
	"context"
	"sync"
)

// mostUnderWay is what of a merchant's batches and streams is validated and committed
// at a time. A commit takes as long as what is in it, and whoever submits meanwhile
// waits for its end: so many take some milliseconds, and share a flush well enough
// that the merchant gets no less through (BenchmarkNeighbour).
const mostUnderWay = 64

// shares hold back what a merchant sends in bulk, so that a flood waits here and not
// before the others, on the processors or in a commit (promise P5). It is safe for
// concurrent use.
type shares struct {
	most int
	mu   sync.Mutex
	// byMerchant has those with something under way.
	byMerchant map[string]*share
}

// share is what one merchant has under way, and who waits, first come first served.
type share struct {
	underWay int
	waiting  list.List // of chan struct{}, closed when its turn has come
}

func newShares(most int) *shares { return &shares{most: most, byMerchant: map[string]*share{}} }

// enter waits until one more item of the merchant may be under way. Unless it fails,
// leave has to follow.
func (s *shares) enter(ctx context.Context, merchant string) error {
	s.mu.Lock()
	own := s.byMerchant[merchant]
	if own == nil {
		own = &share{}
		s.byMerchant[merchant] = own
	}
	if own.underWay < s.most {
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

// leave lets the next item of the merchant in.
func (s *shares) leave(merchant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pass(merchant, s.byMerchant[merchant])
}

// pass hands a place on to who waits longest.
func (s *shares) pass(merchant string, own *share) {
	if next := own.waiting.Front(); next != nil {
		close(own.waiting.Remove(next).(chan struct{}))
		return
	}
	if own.underWay--; own.underWay == 0 {
		delete(s.byMerchant, merchant)
	}
}
