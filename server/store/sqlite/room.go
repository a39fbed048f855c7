package sqlite

import (
	"fmt"
	"sync"
	"time"

	"github.com/spurline/spurline/server/store"
)

// defaultReserve holds the outcomes of some 100,000 deliveries.
const defaultReserve = 64 << 20

// room watches the space of the disk. What is kept free is for the outcomes of what
// was accepted: without them it would be sent again and again. It is safe for
// concurrent use.
type room struct {
	folder  string
	reserve uint64
	free    func(folder string) (uint64, error)

	mu     sync.Mutex
	looked time.Time
	full   error
}

// lookAgain is how long an answer of the disk is good for.
const lookAgain = time.Second

// check returns ErrFull if the disk has less than the reserve. What cannot be asked
// for is no reason to refuse: writing will tell.
func (r *room) check() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.looked.IsZero() && time.Since(r.looked) < lookAgain {
		return r.full
	}
	r.looked, r.full = time.Now(), nil
	if free, err := r.free(r.folder); err == nil && free < r.reserve {
		r.full = fmt.Errorf("%w: the disk has %d MiB left, and %d MiB are kept for outcomes",
			store.ErrFull, free>>20, r.reserve>>20)
	}
	return r.full
}

// Room returns ErrFull if the disk has less than the reserve.
func (s *Store) Room() error { return s.writer.room.check() }
