package sdk

import (
	"context"
	"sync"
)

// slots bounds the deliveries in flight per account over all calls. An account
// takes memory only while it has deliveries.
type slots struct {
	size int

	mu       sync.Mutex
	accounts map[string]*slot
}

type slot struct {
	free  chan struct{}
	users int
}

func newSlots(size int) *slots { return &slots{size: size, accounts: map[string]*slot{}} }

// take waits for a slot of the account, first come first served, until
// the context ends or stopping is closed. Then there is nothing to give back.
func (s *slots) take(
	ctx context.Context, stopping <-chan struct{}, account string,
) (giveBack func(), ok bool) {
	s.mu.Lock()
	at := s.accounts[account]
	if at == nil {
		at = &slot{free: make(chan struct{}, s.size)}
		s.accounts[account] = at
	}
	at.users++
	s.mu.Unlock()
	select {
	case at.free <- struct{}{}:
		return func() {
			<-at.free
			s.leave(account, at)
		}, true
	case <-stopping:
	case <-ctx.Done():
	}
	s.leave(account, at)
	return nil, false
}

func (s *slots) leave(account string, at *slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at.users--
	if at.users == 0 {
		delete(s.accounts, account)
	}
}
