package connections

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// Reasons of connections whose settings were refused already. settingsRefused is that of
// one that another version of its plugin refused, settingsInvalid that of one whose
// delivery the plugin refused for its settings. An edit resumes both, and so does a test
// that passes.
const (
	settingsRefused = "SETTINGS_REFUSED"
	settingsInvalid = "SETTINGS_INVALID"
)

// SuitsStore is what Suits needs of a store.
type SuitsStore interface {
	Connections(ctx context.Context, merchantKey int64, page store.Page) ([]store.Connection, error)
	SetConnectionState(ctx context.Context, change store.StateChange) (bool, error)
}

// Suits holds the saved settings of every connection of a plugin that is not disabled
// against what another version of it asks for, and asks that version what else it refuses.
// Those that the old version would refuse too are left out: they are no fault of the new
// one. The error is a *pluginhost.UnsuitableError that names the others; with change.Pause
// these are paused instead, with the reason and a line in the log of each, and the error is
// nil.
//
// It is done within minutes, however many connections there are. If the new version does
// not answer, nothing is paused and the error is pluginhost.ErrUnanswered.
func Suits(
	ctx context.Context, kept SuitsStore, vault *Vault, logger *slog.Logger, change pluginhost.Change,
) error {
	r := review{vault: vault, change: change}
	unsuitable, err := r.all(ctx, kept)
	if err != nil || len(unsuitable) == 0 {
		return err
	}
	if !change.Pause {
		refused := &pluginhost.UnsuitableError{}
		for _, u := range unsuitable {
			refused.Connections = append(refused.Connections,
				pluginhost.Unsuitable{Name: nameOf(u.connection), Faults: u.faults})
		}
		return refused
	}
	for _, u := range unsuitable {
		paused, err := pauseUnsuitable(ctx, kept, u.connection, change.New, u.faults)
		if err != nil {
			return err
		}
		if paused {
			logger.WarnContext(ctx, "lane paused: another version of its plugin refuses its settings",
				"connection", nameOf(u.connection), "plugin", change.Plugin, "version", change.New.GetVersion(),
				"fields", fieldsOf(u.faults))
		}
	}
	return nil
}

// fieldsOf are those that faults name, without what is wrong with them.
func fieldsOf(faults []string) string {
	fields := make([]string, 0, len(faults))
	for _, one := range faults {
		field, _, _ := strings.Cut(one, " ")
		fields = append(fields, field)
	}
	return join(fields)
}

// pauseUnsuitable says whether it was this that paused it.
func pauseUnsuitable(
	ctx context.Context, kept SuitsStore, c store.Connection, next *pluginv1.Description, faults []string,
) (bool, error) {
	if c.State == store.Paused {
		return false, nil // Whatever resumes it finds the faults.
	}
	const mostHint = 500
	hint := []rune(fmt.Sprintf("version %s of the plugin refuses the settings: %s; mend them with UpdateConnection",
		next.GetVersion(), join(faults)))
	if len(hint) > mostHint {
		hint = append(hint[:mostHint], '…')
	}
	paused, err := kept.SetConnectionState(ctx, store.StateChange{
		Connection: c.Key, Generation: c.Generation, State: store.Paused, Reason: settingsRefused, Hint: string(hint),
		Recheck: FirstRecheck, Now: time.Now().Truncate(time.Microsecond),
	})
	if err != nil {
		return false, fmt.Errorf("pause %s, which version %s of its plugin refuses: %w", nameOf(c), next.GetVersion(), err)
	}
	return paused, nil
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
