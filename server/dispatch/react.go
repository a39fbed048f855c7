package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

// reaction is what the outcomes of a batch ask to be done to one connection, as it
// was when they were sent.
type reaction struct {
	connection store.Connection
	pause      *result
	// confirmed: a probe after a pause was taken.
	confirmed bool
	throttle  time.Duration
	// state is the outcome with the last one.
	state *outcome
}

// react does to connections what their outcomes ask for, once per connection and
// batch, side by side so that they share commits. What fails is logged and comes
// again with the next outcome of that kind.
func (l *ledger) react(ctx context.Context, outcomes []*outcome, now time.Time) {
	type key struct{ connection, generation int64 }
	reactions := map[key]*reaction{}
	for _, j := range outcomes {
		if j.entry.released || j.entry.settled {
			continue
		}
		l.logAttempt(ctx, j, now)
		connection := j.entry.sending.connection
		confirmed := j.verdict.confirmed && connection.Probing
		if !j.verdict.pause && !confirmed && j.verdict.throttle == 0 && j.entry.result.connectionState == nil {
			continue
		}
		k := key{connection.Key, connection.Generation}
		if reactions[k] == nil {
			reactions[k] = &reaction{connection: *connection}
		}
		reactions[k].add(j)
	}
	var running sync.WaitGroup
	for _, r := range reactions {
		if r.pause != nil {
			running.Go(func() { l.pause(ctx, r.connection, *r.pause, now) })
		} else if r.confirmed {
			running.Go(func() { l.confirm(ctx, r.connection) })
		}
		if r.throttle > 0 {
			running.Go(func() { l.throttle(ctx, r.connection, now.Add(r.throttle)) })
		}
		if r.state != nil {
			running.Go(func() {
				if sealed := l.keepState(ctx, r.connection, r.state.entry.result.connectionState); sealed != nil {
					r.state.written.state = sealed
				}
			})
		}
	}
	running.Wait()
}

// add adds what one outcome asks for: the first reason to pause, the longest
// throttle, the last state.
func (r *reaction) add(j *outcome) {
	if j.verdict.pause && r.pause == nil {
		r.pause = &j.entry.result
	}
	r.confirmed = r.confirmed || j.verdict.confirmed && r.connection.Probing
	r.throttle = max(r.throttle, j.verdict.throttle)
	if j.entry.result.connectionState != nil {
		r.state = j
	}
}

// logAttempt logs what did not arrive, and until when its account waits if it has to: that
// may be long, and a lane that waits says nothing.
func (l *ledger) logAttempt(ctx context.Context, j *outcome, now time.Time) {
	s, r := j.entry.sending, j.entry.result
	if r.outcome.Good() {
		return
	}
	about := []any{
		"delivery", s.delivery.ID.String(), "merchant", s.connection.MerchantID, "connection", s.connection.ID,
		"plugin", s.connection.Plugin, "outcome", r.outcome.String(), "reason", r.reason,
		"http_status", r.httpStatus, "send", s.delivery.Sends + 1,
	}
	if j.verdict.throttle > 0 {
		about = append(about, "not_before", now.Add(j.verdict.throttle))
	}
	l.d.options.Logger.WarnContext(trace.With(ctx, s.delivery.Trace), "attempt failed", about...)
}

// pause stops a lane whose credentials were refused. Its settings are tested again
// by themselves, unless such a test has just let it go and been wrong: then only an
// edit or an operator does.
func (l *ledger) pause(ctx context.Context, connection store.Connection, r result, now time.Time) {
	recheck := l.d.options.FirstRecheck
	if connection.Probing {
		recheck = 0
	}
	changed, err := l.d.options.Store.SetConnectionState(ctx, store.StateChange{
		Connection: connection.Key, Generation: connection.Generation,
		State: store.Paused, Reason: r.reason, Hint: r.hint, Recheck: recheck, Now: now,
	})
	switch {
	case errors.Is(err, store.ErrNotFound): // Deleted since.
	case err != nil:
		l.d.options.Logger.ErrorContext(ctx, "lane cannot be paused", "connection", connection.Key, "error", err)
	case changed:
		l.d.options.Observer.Paused(connection.Plugin)
		l.d.options.Logger.WarnContext(ctx, "lane paused: credentials or settings refused",
			"merchant", connection.MerchantID, "connection", connection.ID, "plugin", connection.Plugin,
			"reason", r.reason)
	}
}

func (l *ledger) confirm(ctx context.Context, connection store.Connection) {
	err := l.d.options.Store.EndProbing(ctx, connection.Key, connection.Generation)
	if err != nil {
		l.d.options.Logger.ErrorContext(ctx, "lane cannot be let go", "connection", connection.Key, "error", err)
	}
}

func (l *ledger) throttle(ctx context.Context, connection store.Connection, until time.Time) {
	err := l.d.options.Store.SetThrottle(ctx, store.Throttle{
		Connection: connection.Key, Generation: connection.Generation, NotBefore: until,
	})
	if err != nil {
		l.d.options.Logger.ErrorContext(ctx, "throttle cannot be stored", "connection", connection.Key, "error", err)
	}
}

// keepState returns the state as it is kept, nil if it is not.
func (l *ledger) keepState(ctx context.Context, connection store.Connection, state []byte) []byte {
	sealed, err := l.d.options.Vault.SealState(connection, state)
	if err == nil {
		err = l.d.options.Store.SetPluginState(ctx, store.PluginStateChange{
			Connection: connection.Key, Generation: connection.Generation, State: sealed,
		})
	}
	if err != nil {
		l.d.options.Logger.ErrorContext(ctx, "plugin state cannot be stored",
			"connection", connection.Key, "error", err)
		return nil
	}
	return sealed
}
