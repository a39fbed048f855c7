package sqlite

import (
	"errors"
	"sync/atomic"

	"github.com/spurline/spurline/server/store"
)

// Stats is what a store has done since it was opened, and how it stands now.
type Stats struct {
	// Commits that were flushed, the writes in them, and about how many bytes those
	// brought.
	Commits, Writes, Bytes int64
	// Bisections counts the commits that failed and were tried again by halves,
	// FlushFailures those that the disk did not confirm: the store takes nothing
	// after one.
	Bisections, FlushFailures int64
	// Waiting is how many writes wait for a commit now.
	Waiting int
	// OpenDeliveries are pending or blocked now.
	OpenDeliveries int64
	Refused        Refused
}

// Refused counts submissions that were refused for want of room, by the error.
type Refused struct{ Busy, MerchantBacklog, Backlog, Full int64 }

// counts are the numbers of Stats. The writer changes them and anybody reads.
type counts struct {
	commits, writes, bytes, bisections, flushFailures, open atomic.Int64
	busy, merchantBacklog, backlog, full                    atomic.Int64
}

// Stats may be called at any time, as often as one likes: it reads no disk.
func (s *Store) Stats() Stats {
	w := s.writer
	w.mu.Lock()
	waiting := w.queue.len()
	w.mu.Unlock()
	c := &w.counts
	return Stats{
		Commits: c.commits.Load(), Writes: c.writes.Load(), Bytes: c.bytes.Load(),
		Bisections: c.bisections.Load(), FlushFailures: c.flushFailures.Load(),
		Waiting: waiting, OpenDeliveries: c.open.Load(),
		Refused: Refused{
			Busy: c.busy.Load(), MerchantBacklog: c.merchantBacklog.Load(), Backlog: c.backlog.Load(),
			Full: c.full.Load(),
		},
	}
}

// commit counts a commit that was flushed.
func (c *counts) commit(batch []*item) {
	size := 0
	for _, i := range batch {
		size += i.size
	}
	c.commits.Add(1)
	c.writes.Add(int64(len(batch)))
	c.bytes.Add(int64(size))
}

// refusals counts answers, so each once, however often its work was tried.
func (c *counts) refusals(batch []*item) {
	for _, i := range batch {
		switch {
		case i.err == nil || i.merchant == 0:
		case errors.Is(i.err, store.ErrMerchantBacklog):
			c.merchantBacklog.Add(1)
		case errors.Is(i.err, store.ErrBacklog):
			c.backlog.Add(1)
		case errors.Is(i.err, store.ErrFull):
			c.full.Add(1)
		}
	}
}
