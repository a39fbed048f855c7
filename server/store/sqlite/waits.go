package sqlite

import (
	"context"
	"fmt"
	"math"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// longLane is a lane in which something waits longer than the bound.
type longLane struct {
	connection   int64
	waitForOrder time.Duration
	// The place of the last delivery that was looked at.
	due int64
	id  store.DeliveryID
}

// BoundWaits shortens waits that are too long. A step passes those that may be so long
// because they wait for their order.
func (s *Store) BoundWaits(ctx context.Context, now time.Time, longest store.Waits) error {
	var lanes []longLane
	var accounts, rechecks []int64
	after := micros(now.Add(longest.Delivery))
	err := s.read(ctx, func(conn *sqlite.Conn) (err error) {
		q := start(conn, `SELECT key, wait_for_order FROM connection WHERE EXISTS (SELECT 1 FROM delivery
			INDEXED BY delivery_ready WHERE connection = connection.key AND state = 1 AND due > ?+0)`, after)
		for q.next() {
			lanes = append(lanes, longLane{
				connection: q.int(), waitForOrder: q.duration(), due: after, id: math.MaxInt64,
			})
		}
		if err := q.done(); err != nil {
			return err
		}
		if accounts, err = keys(conn, `SELECT key FROM connection WHERE not_before > ? AND deleted_at = 0`,
			now.Add(longest.Throttle)); err != nil {
			return err
		}
		rechecks, err = keys(conn, `SELECT key FROM connection INDEXED BY connection_recheck
			WHERE recheck_at <> 0 AND recheck_at > ?`, now.Add(longest.Recheck))
		return err
	})
	if err != nil {
		return err
	}
	for _, lane := range lanes {
		for found := choreStep; found == choreStep; {
			var next longLane
			err := s.writer.write(ctx, 0, func(t *tx) (err error) {
				next, found, err = t.boundLane(lane, now, longest.Delivery)
				return err
			})
			if err != nil {
				return fmt.Errorf("bound waits: %w", err)
			}
			lane = next
		}
	}
	err = s.writer.write(ctx, 0, func(t *tx) error {
		err := t.run(`DELETE FROM account_wait WHERE not_before <= ?`, now)
		if err != nil {
			return err
		}
		return t.run(`UPDATE account_wait SET not_before = ?1 WHERE not_before > ?1`, now.Add(longest.Throttle))
	})
	if err != nil {
		return fmt.Errorf("bound waits: %w", err)
	}
	err = s.inSteps(ctx, accounts, func(t *tx, connection int64) error {
		t.change(connection)
		until := now.Add(longest.Throttle)
		err := t.run(`UPDATE connection SET not_before = min(not_before, ?) WHERE key = ?`, until, connection)
		if err != nil {
			return err
		}
		return t.wakeWaiting(connection)
	})
	if err != nil {
		return err
	}
	return s.inSteps(ctx, rechecks, func(t *tx, connection int64) error {
		until := now.Add(longest.Recheck)
		return t.run(`UPDATE connection SET recheck_at = min(recheck_at, ?) WHERE key = ?`, until, connection)
	})
}

// boundLane does a step and returns where it ended and how many deliveries it looked
// at. It may run again from the same place.
func (t *tx) boundLane(lane longLane, now time.Time, longest time.Duration) (longLane, int, error) {
	type bounded struct {
		id    store.DeliveryID
		until time.Time
	}
	var late []bounded
	found := 0
	q := t.query(`SELECT id, due, reason FROM delivery INDEXED BY delivery_ready WHERE connection = ?+0 AND state = 1
		AND (due, id) > (?+0, ?+0) ORDER BY due, id LIMIT ?`, lane.connection, lane.due, int64(lane.id), choreStep)
	for q.next() {
		found++
		lane.id, lane.due = store.DeliveryID(q.int()), q.int()
		until := now.Add(longest)
		if q.text() == waitingForOrder {
			until = now.Add(max(longest, lane.waitForOrder))
		}
		if lane.due > micros(until) {
			late = append(late, bounded{lane.id, until})
		}
	}
	if err := q.done(); err != nil {
		return lane, 0, err
	}
	for _, l := range late {
		if err := t.run(`UPDATE delivery SET due = ? WHERE id = ?`, l.until, int64(l.id)); err != nil {
			return lane, 0, err
		}
		t.wake(lane.connection, l.until)
	}
	return lane, found, nil
}

// boundAtOpen bounds the waits that an earlier process left. If deliveries were made
// after now, the clock has been set back meanwhile, and waits are no longer than those
// of retries; else they are as long as anything may be.
func (s *Store) boundAtOpen(ctx context.Context, now time.Time, retry time.Duration) error {
	if retry == 0 {
		return nil
	}
	longest := store.LongestWaits()
	longest.Delivery = max(longest.Delivery, retry)
	const clocksDiffer = time.Minute
	if s.writer.lastID > firstID(now.Add(clocksDiffer)) {
		s.logger.WarnContext(ctx, "the clock is behind the last delivery; was it set back?", "now", now)
		longest.Delivery, longest.Throttle = retry, retry
	}
	return s.BoundWaits(ctx, now, longest)
}

func keys(conn *sqlite.Conn, text string, args ...any) ([]int64, error) {
	var found []int64
	q := start(conn, text, args...)
	for q.next() {
		found = append(found, q.int())
	}
	return found, q.done()
}

// inSteps does something for connections, a step of them in each commit.
func (s *Store) inSteps(ctx context.Context, connections []int64, do func(t *tx, connection int64) error) error {
	for len(connections) > 0 {
		step := connections[:min(choreStep, len(connections))]
		err := s.writer.write(ctx, 0, func(t *tx) error {
			for _, connection := range step {
				if err := do(t, connection); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("bound waits: %w", err)
		}
		connections = connections[len(step):]
	}
	return nil
}
