package connections

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// When a paused connection is tested again: a minute after the pause, then after
// twice as long each time that it is refused, up to an hour. A test that nobody answered
// does not count, and while its plugin does not run the next one is due after a minute.
const (
	// FirstRecheck is how long after it was paused a connection is first tested again.
	FirstRecheck   = time.Minute
	longestRecheck = time.Hour
)

// How many tests of a plugin run at once, and how long to sleep at most: a connection
// that is paused meanwhile is due no sooner.
const (
	rechecksAtOnce  = 8
	longestAwayFrom = 30 * time.Second
)

// Recheck tests connections again that their extra interface paused, until ctx
// ends. One that passes sends again, one delivery at first (promise P6). The connections
// of each plugin are tested apart, so that tests that hang hold up no other's (promise P5).
func (s *Service) Recheck(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	known := map[string]bool{}
	look := time.NewTicker(longestAwayFrom)
	defer look.Stop()
	for {
		for _, plugin := range s.options.Plugins.Plugins() {
			if !known[plugin.Name] {
				known[plugin.Name] = true
				running.Go(func() { s.recheckAll(ctx, plugin.Name) })
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
	}
}

// recheckAll tests the connections of a plugin.
func (s *Service) recheckAll(ctx context.Context, plugin string) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		timer.Reset(s.recheckDue(ctx, plugin))
	}
}

// recheckDue tests what is due and returns how long to wait for more.
func (s *Service) recheckDue(ctx context.Context, plugin string) time.Duration {
	due, next, err := s.options.Store.DueRechecks(ctx, plugin, s.now(), rechecksAtOnce)
	if err != nil {
		if ctx.Err() == nil {
			s.options.Logger.ErrorContext(ctx, "paused connections cannot be read", "error", err)
		}
		return longestAwayFrom
	}
	var running sync.WaitGroup
	var unstored atomic.Bool
	for _, connection := range due {
		running.Go(func() {
			if err := s.recheck(ctx, connection); err != nil && ctx.Err() == nil {
				unstored.Store(true)
				s.options.Logger.ErrorContext(ctx, "recheck cannot be stored", "connection", nameOf(connection), "error", err)
			}
		})
	}
	running.Wait()
	// What could not be stored is due still, and would be asked for again at once.
	if next.IsZero() || unstored.Load() {
		return longestAwayFrom
	}
	return min(max(next.Sub(s.now()), 0), longestAwayFrom)
}

// finding is what a test of a paused connection came to.
type finding int

const (
	// notAsked: its plugin does not run.
	notAsked finding = iota
	// unanswered: the plugin failed, or its extra interface did not answer.
	unanswered
	refused
	taken
)

// recheck tests a connection and stores what follows; its error is that of the store.
func (s *Service) recheck(ctx context.Context, c store.Connection) error {
	found, err := s.test(ctx, c)
	if over := ctx.Err(); over != nil {
		return over
	}
	if err != nil {
		s.options.Logger.WarnContext(ctx, "paused connection cannot be tested", "connection", nameOf(c), "error", err)
	}
	// Only an answer says that it will go on being refused.
	wait, next := max(c.RecheckWait, FirstRecheck), FirstRecheck
	switch found {
	case notAsked:
	case unanswered:
		next = wait
	case refused:
		wait = min(2*wait, longestRecheck)
		next = wait
	case taken:
		started, err := s.options.Store.StartProbing(ctx, c.Key, c.Generation, s.now())
		if started {
			s.options.Logger.InfoContext(ctx, "lane resumed: its settings are taken again", "connection", nameOf(c))
		}
		return err
	}
	return s.options.Store.PlanRecheck(ctx, store.Recheck{
		Connection: c.Key, Generation: c.Generation, Time: s.now().Add(next), Wait: wait,
	})
}

// test tests the saved settings of a connection and stores the result.
func (s *Service) test(ctx context.Context, c store.Connection) (finding, error) {
	description, err := lookup.Description(s.options.Plugins, c.Plugin)
	if err != nil {
		return notAsked, err
	}
	secrets, err := s.options.Vault.OpenSecrets(c)
	if err != nil {
		return refused, err // Until somebody sets them again.
	}
	on := subject{stored: c, description: description, saved: true, given: given{
		settings: effective(description, c.Settings), secrets: declaredSecrets(description, secrets),
	}}
	if violations := check(description, on.given); len(violations) > 0 {
		_, err := s.keep(ctx, on, faulty(violations))
		return refused, err
	}
	answer, err := s.put(ctx, on)
	switch {
	case errors.Is(err, pluginhost.ErrUnavailable), errors.Is(err, pluginhost.ErrNotInstalled):
		return notAsked, err
	case err != nil:
		return unanswered, err
	}
	response, err := s.keep(ctx, on, judge(answer, on))
	switch {
	case err != nil:
		return unanswered, err
	case response.GetCheckState() == apiv1.CheckState_CHECK_STATE_PASSED:
		return taken, nil
	case response.GetCheckState() == apiv1.CheckState_CHECK_STATE_FAILED:
		return refused, nil
	}
	return unanswered, nil
}
