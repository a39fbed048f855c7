package dispatch

import (
	"context"
	"time"

	"github.com/spurline/spurline/server/store"
)

// judged is an outcome with the host's reaction.
type judged struct {
	entry   entry
	verdict verdict
}

// react does to connections what their outcomes ask for, once per connection and
// batch. What fails is logged and comes again with the next outcome of that kind.
func (l *ledger) react(ctx context.Context, verdicts []judged, now time.Time) {
	paused := map[int64]bool{}
	throttled := map[int64]time.Time{}
	for _, j := range verdicts {
		connection := j.entry.sending.connection
		l.logAttempt(ctx, j)
		if j.verdict.pause && !paused[connection.Key] {
			paused[connection.Key] = true
			l.pause(ctx, connection, j.entry.result, now)
		}
		if j.verdict.throttle > 0 {
			until := now.Add(j.verdict.throttle)
			if until.After(throttled[connection.Key]) {
				throttled[connection.Key] = until
				l.throttle(ctx, connection, until)
			}
		}
		if j.entry.result.connectionState != nil {
			l.keepState(ctx, connection, j.entry.result.connectionState)
		}
	}
}

func (l *ledger) logAttempt(ctx context.Context, j judged) {
	s, r := j.entry.sending, j.entry.result
	if r.outcome == store.OutcomeDelivered || r.outcome == store.OutcomeAlreadyPresent ||
		r.outcome == store.OutcomeSkipped {
		return
	}
	l.d.options.Logger.WarnContext(ctx, "attempt failed",
		"delivery", s.delivery.ID.String(), "merchant", s.connection.MerchantID, "connection", s.connection.ID,
		"plugin", s.connection.Plugin, "outcome", r.outcome.String(), "reason", r.reason,
		"http_status", r.httpStatus, "send", s.delivery.Sends+1)
}

func (l *ledger) pause(ctx context.Context, connection store.Connection, r result, now time.Time) {
	changed, err := l.d.options.Store.SetConnectionState(ctx, store.StateChange{
		Connection: connection.Key, Generation: connection.Generation,
		State: store.Paused, Reason: r.reason, Hint: r.hint, Now: now,
	})
	switch {
	case err != nil:
		l.d.options.Logger.ErrorContext(ctx, "lane cannot be paused", "connection", connection.Key, "error", err)
	case changed:
		l.d.options.Logger.WarnContext(ctx, "lane paused: credentials refused",
			"merchant", connection.MerchantID, "connection", connection.ID, "plugin", connection.Plugin,
			"reason", r.reason)
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

func (l *ledger) keepState(ctx context.Context, connection store.Connection, state []byte) {
	sealed, err := l.d.options.Vault.SealState(connection, state)
	if err == nil {
		err = l.d.options.Store.SetPluginState(ctx, store.PluginStateChange{
			Connection: connection.Key, Generation: connection.Generation, State: sealed,
		})
	}
	if err != nil {
		l.d.options.Logger.ErrorContext(ctx, "plugin state cannot be stored",
			"connection", connection.Key, "error", err)
	}
}
