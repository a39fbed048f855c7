package sdk

import (
	"container/list"
	"context"
	"sync"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// account is what is limited as one: an account at the extra interface, or a
// connection of which none is known.
type account struct {
	id         string
	connection bool
}

func accountOf(c *pluginv1.Connection) account {
	if c.GetAccountId() != "" {
		return account{id: c.GetAccountId()}
	}
	return account{id: c.GetUid(), connection: true}
}

// slots bounds the deliveries in flight per account over all calls. An account
// takes memory only while it has deliveries.
type slots struct {
	size int

	mu       sync.Mutex
	accounts map[account]*slot
}

// slot is guarded by the mutex of its owner.
type slot struct {
	taken int
	// waiting are the channels of those who wait, each closed when its turn comes.
	waiting list.List
}

func newSlots(size int) *slots { return &slots{size: size, accounts: map[account]*slot{}} }

// take waits for a slot of the account, first come first served, until
// the context ends or stopping is closed. Then there is nothing to give back.
func (s *slots) take(ctx context.Context, stopping <-chan struct{}, of account) (ok bool) {
	s.mu.Lock()
	at := s.accounts[of]
	if at == nil {
		at = &slot{}
		s.accounts[of] = at
	}
	if at.taken < s.size {
		at.taken++
		s.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	place := at.waiting.PushBack(turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return true
	case <-stopping:
	case <-ctx.Done():
	}
	s.mu.Lock()
	select {
	case <-turn: // Just now; for the next one.
		s.mu.Unlock()
		s.giveBack(of)
	default:
		at.waiting.Remove(place)
		s.mu.Unlock()
	}
	return false
}

// giveBack ends what take began.
func (s *slots) giveBack(of account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.accounts[of]
	if next := at.waiting.Front(); next != nil {
		close(at.waiting.Remove(next).(chan struct{})) //nolint:forcetypeassert // The list is ours.
		return
	}
	at.taken--
	if at.taken == 0 {
		delete(s.accounts, of)
	}
}
