package sqlite

import (
	"context"

	"github.com/spurline/spurline/server/store"
)

// Where a repeat is neither recognised nor can be looked up, a delivery gets its
// epoch not when it becomes ready but right before it is sent. After an unclean end
// then only what may have been sent has an unknown fate, and the rest of the
// backlog goes on (promise P3). For the others that note would cost a write more
// per delivery and spare only a look-up after a crash.

// epochFor returns the epoch of a delivery of the connection that becomes ready.
func (t *tx) epochFor(connection int64) (int64, error) {
	takes, _, err := t.takes(connection)
	if takes.Intents {
		return neverReady, err
	}
	return t.w.store.epoch, err
}

// Intend notes that deliveries may be sent from now on.
func (s *Store) Intend(ctx context.Context, ids []store.DeliveryID) error {
	return s.writer.write(ctx, 0, func(t *tx) error {
		for _, id := range ids {
			if err := t.run(`UPDATE delivery SET epoch = ? WHERE id = ?`, t.w.store.epoch, int64(id)); err != nil {
				return err
			}
		}
		return nil
	})
}
