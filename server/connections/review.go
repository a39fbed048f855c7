package connections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

const (
	// reviewedAtOnce connections are asked about at the same time. No answer of a plugin
	// waits for anybody else, so that more would not be faster.
	reviewedAtOnce = 16
	// longestJudgement is how long a version of a plugin may take over the settings of one
	// connection, longestReview over those of all.
	longestJudgement = 10 * time.Second
	longestReview    = 3 * time.Minute
)

// review holds connections against another version of their plugin.
type review struct {
	vault  *Vault
	change pluginhost.Change
	// oldSilent and newSilent: that version judges no settings, or cannot be asked any
	// more, so that it is not asked again.
	oldSilent, newSilent atomic.Bool
}

// unsuitable is a connection with the faults of its settings that only the new version
// finds. Of the connection there is what names it and its state.
type unsuitable struct {
	connection store.Connection
	faults     []string
}

// all returns those that are not disabled and do not suit the new version, oldest first.
func (r *review) all(ctx context.Context, kept SuitsStore) ([]unsuitable, error) {
	bounded, cancel := context.WithTimeout(ctx, longestReview)
	defer cancel()
	var found []unsuitable
	for page := (store.Page{Limit: refreshPage}); ; {
		connections, err := kept.Connections(bounded, 0, page)
		if err != nil {
			return nil, fmt.Errorf("read connections of plugin %q: %w", r.change.Plugin, err)
		}
		more, err := r.some(bounded, connections)
		switch {
		case err != nil && ctx.Err() == nil && bounded.Err() != nil:
			return nil, fmt.Errorf("%w fast enough: it has not judged the settings of all connections within %s",
				pluginhost.ErrUnanswered, longestReview)
		case err != nil:
			return nil, err
		}
		found = append(found, more...)
		if len(connections) < page.Limit {
			return found, nil
		}
		page.After = connections[len(connections)-1].Key
	}
}

// some returns those of the connections, asking about several at once. The first that
// cannot be judged ends it.
func (r *review) some(ctx context.Context, connections []store.Connection) ([]unsuitable, error) {
	faults := make([][]string, len(connections))
	asking, ctx := errgroup.WithContext(ctx)
	asking.SetLimit(reviewedAtOnce)
	for i, c := range connections {
		if c.Plugin != r.change.Plugin || c.State == store.Disabled {
			continue
		}
		asking.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			faults[i], err = r.newFaults(ctx, c)
			return err
		})
	}
	if err := asking.Wait(); err != nil {
		return nil, err
	}
	var found []unsuitable
	for i, c := range connections {
		if len(faults[i]) > 0 {
			found = append(found, unsuitable{
				store.Connection{Key: c.Key, MerchantID: c.MerchantID, ID: c.ID, Generation: c.Generation, State: c.State},
				faults[i],
			})
		}
	}
	return found, nil
}

// newFaults are those that only the new version finds. Secrets that do not open are
// taken as they are: that they are there is all that is known, so that the plugin is not
// asked.
func (r *review) newFaults(ctx context.Context, c store.Connection) ([]string, error) {
	secrets, unreadable := r.vault.OpenSecrets(c)
	held := map[string]bool{}
	if unreadable != nil {
		for name := range c.SecretTimes {
			held[name] = true
		}
	}
	find := func(description *pluginv1.Description) []fault.Violation {
		return check(description, given{
			settings: effective(description, c.Settings), secrets: declaredSecrets(description, secrets), kept: held,
		})
	}
	before, after := find(r.change.Old), find(r.change.New)
	if unreadable == nil {
		told, err := r.toldByNew(ctx, c, secrets, after)
		if err != nil {
			return nil, err
		}
		after = append(after, told...)
	}
	var faults []string
	for _, v := range after {
		if !slices.ContainsFunc(before, func(known fault.Violation) bool { return known.Field == v.Field }) {
			faults = append(faults, v.Field+" "+v.Rule)
		}
	}
	return faults, nil
}

// toldByNew are what the new version itself refuses beside the known violations. Settings
// that were refused already, by the old version or at a delivery, wait for their edit
// whichever version there is: nothing new is told of them.
func (r *review) toldByNew(
	ctx context.Context, c store.Connection, secrets map[string]string, known []fault.Violation,
) ([]fault.Violation, error) {
	waits := c.State == store.Paused && (c.PauseReason == settingsInvalid || c.PauseReason == settingsRefused)
	if waits || r.newSilent.Load() {
		return nil, nil
	}
	answer, err := ask(ctx, r.change.CheckNew, c, r.change.New, secrets)
	switch {
	case errors.Is(err, pluginhost.ErrUnsupported):
		r.newSilent.Store(true)
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w when asked about the settings of %s: %w", pluginhost.ErrUnanswered, nameOf(c), err)
	}
	refused := told(answer, r.change.New, secrets, known)
	if len(refused) == 0 || r.oldSilent.Load() {
		return refused, nil
	}
	answer, err = ask(ctx, r.change.CheckOld, c, r.change.Old, secrets)
	switch {
	case err != nil: // Nothing is known of what it refused.
		r.oldSilent.Store(true)
	case len(answer.GetFaults()) > 0:
		return nil, nil
	}
	return refused, nil
}

// ask asks a version of the plugin about the saved settings of a connection.
func ask(
	ctx context.Context, version judgeFunc, c store.Connection, description *pluginv1.Description,
	secrets map[string]string,
) (*pluginv1.CheckSettingsResponse, error) {
	bounded, cancel := context.WithTimeout(ctx, longestJudgement)
	defer cancel()
	return version(bounded, question(c, description, c.Settings, secrets))
}
