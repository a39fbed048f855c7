package connections

import (
	"context"
	"sync"
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/store"
)

// When a paused connection is tested again: a minute after the pause, then after
// twice as long each time, up to an hour.
const (
	// FirstRecheck is how long after it was paused a connection is first tested again.
	FirstRecheck   = time.Minute
	longestRecheck = time.Hour
)

// How many tests run at once, and how long to sleep at most: a connection that is
// paused meanwhile is due no sooner.
const (
	rechecksAtOnce  = 8
	longestAwayFrom = 30 * time.Second
)

// Recheck tests connections again that their extra interface paused, until ctx
// ends. One that passes sends again, one delivery at first (promise P6).
func (s *Service) Recheck(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		timer.Reset(s.recheckDue(ctx))
	}
}

// recheckDue tests what is due and returns how long to wait for more.
func (s *Service) recheckDue(ctx context.Context) time.Duration {
	due, next, err := s.options.Store.DueRechecks(ctx, s.now(), rechecksAtOnce)
	if err != nil {
		if ctx.Err() == nil {
			s.options.Logger.ErrorContext(ctx, "paused connections cannot be read", "error", err)
		}
		return longestAwayFrom
	}
	var running sync.WaitGroup
	for _, connection := range due {
		running.Go(func() { s.recheck(ctx, connection) })
	}
	running.Wait()
	if next.IsZero() {
		return longestAwayFrom
	}
	return min(max(next.Sub(s.now()), 0), longestAwayFrom)
}

func (s *Service) recheck(ctx context.Context, c store.Connection) {
	passed, err := s.passes(ctx, c)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.options.Logger.WarnContext(ctx, "paused connection cannot be tested", "connection", nameOf(c), "error", err)
	}
	if !passed {
		wait := min(2*max(c.RecheckWait, FirstRecheck), longestRecheck)
		err = s.options.Store.PlanRecheck(ctx, store.Recheck{
			Connection: c.Key, Generation: c.Generation, Time: s.now().Add(wait), Wait: wait,
		})
	} else if passed, err = s.options.Store.StartProbing(ctx, c.Key, c.Generation, s.now()); passed {
		s.options.Logger.InfoContext(ctx, "lane resumed: its settings are taken again", "connection", nameOf(c))
	}
	if err != nil && ctx.Err() == nil {
		s.options.Logger.ErrorContext(ctx, "recheck cannot be stored", "connection", nameOf(c), "error", err)
	}
}

// passes tests the saved settings of a connection and stores the result.
func (s *Service) passes(ctx context.Context, c store.Connection) (bool, error) {
	description, err := lookup.Description(s.options.Plugins, c.Plugin)
	if err != nil {
		return false, err
	}
	secrets, err := s.options.Vault.OpenSecrets(c)
	if err != nil {
		return false, err
	}
	on := subject{stored: c, description: description, saved: true, given: given{
		settings: effective(description, c.Settings), secrets: declaredSecrets(description, secrets),
	}}
	if violations := check(description, on.given); len(violations) > 0 {
		_, err := s.keep(ctx, on, faulty(violations))
		return false, err
	}
	answer, err := s.ask(ctx, on)
	if err != nil {
		return false, err
	}
	response, err := s.keep(ctx, on, judge(answer, on))
	return response.GetCheckState() == apiv1.CheckState_CHECK_STATE_PASSED, err
}
