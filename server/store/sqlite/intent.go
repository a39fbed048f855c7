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
			if err := t.intend(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// intend notes it in what took the delivery's place too, if anything did while it was
// on its way to the plugin.
func (t *tx) intend(id store.DeliveryID) error {
	err := t.run(`UPDATE delivery SET epoch = ? WHERE id = ? AND state = 1`, t.w.store.epoch, int64(id))
	if err != nil || t.conn.Changes() > 0 {
		return err
	}
	r, found, err := t.row(id)
	if err != nil || !found {
		return err
	}
	last, _, err := t.lastRow(r.kind, r.record, r.connection)
	if err != nil {
		return err
	}
	return t.run(`UPDATE delivery SET epoch = ? WHERE id IN (?, ?)`, t.w.store.epoch, int64(id), int64(last.id))
}

// keepsEpoch returns the epoch of a delivery that becomes ready, or is to wait, while a
// send of it may still be under way. It may have become ready in an earlier epoch, when
// the connection took no intents.
func (t *tx) keepsEpoch(r row, epoch int64) int64 {
	if r.epoch > t.w.store.unclean {
		return r.epoch
	}
	return epoch
}
