package connections

import (
	"context"
	"fmt"
	"slices"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// settingsRefused is the reason of a connection that another version of its plugin
// refused. An edit resumes it, and so does a test that passes.
const settingsRefused = "SETTINGS_REFUSED"

// SuitsStore is what Suits needs of a store.
type SuitsStore interface {
	Connections(ctx context.Context, merchantKey int64, page store.Page) ([]store.Connection, error)
	SetConnectionState(ctx context.Context, change store.StateChange) (bool, error)
}

// Suits holds the saved settings of every connection of a plugin that is not disabled
// against what another version of it asks for. Those that the old version would refuse
// too are left out: they are no fault of the new one. The error is a
// *pluginhost.UnsuitableError that names the others; with change.Pause these are paused
// instead, with the reason, and the error is nil.
func Suits(ctx context.Context, kept SuitsStore, vault *Vault, change pluginhost.Change) error {
	var unsuitable pluginhost.UnsuitableError
	page := store.Page{Limit: refreshPage}
	for {
		connections, err := kept.Connections(ctx, 0, page)
		if err != nil {
			return fmt.Errorf("read connections of plugin %q: %w", change.Plugin, err)
		}
		for _, c := range connections {
			page.After = c.Key
			if c.Plugin != change.Plugin || c.State == store.Disabled {
				continue
			}
			faults := newFaults(vault, c, change)
			if len(faults) == 0 {
				continue
			}
			if change.Pause {
				if err := pauseUnsuitable(ctx, kept, c, change.New, faults); err != nil {
					return err
				}
				continue
			}
			unsuitable.Connections = append(unsuitable.Connections, pluginhost.Unsuitable{Name: nameOf(c), Faults: faults})
		}
		if len(connections) < page.Limit {
			break
		}
	}
	if len(unsuitable.Connections) > 0 {
		return &unsuitable
	}
	return nil
}

// newFaults are those that only the new version finds. Secrets that do not open are
// taken as they are: that they are there is all that is known.
func newFaults(vault *Vault, c store.Connection, change pluginhost.Change) []string {
	secrets, err := vault.OpenSecrets(c)
	held := map[string]bool{}
	if err != nil {
		for name := range c.SecretTimes {
			held[name] = true
		}
	}
	find := func(description *pluginv1.Description) []fault.Violation {
		return check(description, given{
			settings: effective(description, c.Settings), secrets: declaredSecrets(description, secrets), kept: held,
		})
	}
	before := find(change.Old)
	var faults []string
	for _, v := range find(change.New) {
		if !slices.ContainsFunc(before, func(known fault.Violation) bool { return known.Field == v.Field }) {
			faults = append(faults, v.Field+" "+v.Rule)
		}
	}
	return faults
}

func pauseUnsuitable(
	ctx context.Context, kept SuitsStore, c store.Connection, next *pluginv1.Description, faults []string,
) error {
	if c.State == store.Paused {
		return nil // Whatever resumes it finds the faults.
	}
	const mostHint = 500
	hint := []rune(fmt.Sprintf("version %s of the plugin refuses the settings: %s; mend them with UpdateConnection",
		next.GetVersion(), join(faults)))
	if len(hint) > mostHint {
		hint = append(hint[:mostHint], '…')
	}
	_, err := kept.SetConnectionState(ctx, store.StateChange{
		Connection: c.Key, Generation: c.Generation, State: store.Paused, Reason: settingsRefused, Hint: string(hint),
		Recheck: FirstRecheck, Now: time.Now().Truncate(time.Microsecond),
	})
	if err != nil {
		return fmt.Errorf("pause %s, which version %s of its plugin refuses: %w", nameOf(c), next.GetVersion(), err)
	}
	return nil
}

func join(faults []string) string {
	const most = 3
	text := ""
	for i, one := range faults[:min(most, len(faults))] {
		if i > 0 {
			text += ", "
		}
		text += one
	}
	if more := len(faults) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
