package connections_test

import (
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// next is a version of the plugin of the tests, changed as the test wants. Neither
// version judges settings.
func next(change func(*pluginv1.Description)) pluginhost.Change {
	old := apitest.Description()
	description := proto.CloneOf(old)
	description.Version = "2.0.0"
	change(description)
	return pluginhost.Change{
		Plugin: "aftership", Old: old, New: description, CheckOld: judgesNothing, CheckNew: judgesNothing,
	}
}

func TestSuits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*pluginv1.Description)
		fault  string // Empty: it suits.
	}{
		"nothing changed":     {func(*pluginv1.Description) {}, ""},
		"a setting went away": {func(d *pluginv1.Description) { d.Settings = d.GetSettings()[:2] }, ""},
		"a choice went away": {
			func(d *pluginv1.Description) { d.Settings[2].Choices = d.Settings[2].Choices[1:] },
			"connection.settings[api_generation] must be one of 2026-07",
		},
		"a secret came": {
			func(d *pluginv1.Description) { d.Settings[1].Required = true },
			"connection.secrets[webhook_secret] is required",
		},
		"a secret has a pattern": {
			func(d *pluginv1.Description) { d.Settings[0].Pattern = "[0-9]+" },
			"connection.secrets[api_key] must match the pattern [0-9]+",
		},
		"a setting came, with a default": {
			func(d *pluginv1.Description) {
				d.Settings = append(d.Settings, &pluginv1.SettingField{
					Name: "region", Kind: pluginv1.SettingKind_SETTING_KIND_TEXT, Required: true, DefaultValue: "eu",
				})
			},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create()
			err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), next(test.change))
			if test.fault == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var unsuitable *pluginhost.UnsuitableError
			if !errors.As(err, &unsuitable) || len(unsuitable.Connections) != 1 ||
				unsuitable.Connections[0].Name != theName || unsuitable.Connections[0].Faults[0] != test.fault ||
				strings.Contains(err.Error(), theSecret) {
				t.Errorf("err = %v", err)
			}
			if c := w.stored(); c.State != store.Active {
				t.Errorf("it was touched: %+v", c)
			}
		})
	}
}

// With the choice to pause, connections that do not suit the new version are paused, and
// an edit that mends them resumes them.
func TestSuitsPauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	change := next(func(d *pluginv1.Description) { d.Settings[1].Required = true })
	change.Pause = true
	if err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), change); err != nil {
		t.Fatal(err)
	}
	paused := w.get()
	if paused.GetState() != apiv1.ConnectionState_CONNECTION_STATE_PAUSED ||
		paused.GetPauseReason() != "SETTINGS_REFUSED" || paused.GetRecheckTime() == nil ||
		!strings.Contains(paused.GetPauseHint(), "connection.secrets[webhook_secret] is required") {
		t.Errorf("connection = %v", paused)
	}
	const line = `msg="lane paused: another version of its plugin refuses its settings" connection=` + theName +
		` plugin=aftership version=2.0.0 fields=connection.secrets[webhook_secret]`
	if !strings.Contains(w.log.String(), line+"\n") {
		t.Errorf("log: %s", w.log.String())
	}
	// Again finds nothing to do.
	if err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), change); err != nil {
		t.Fatal(err)
	}
	if strings.Count(w.log.String(), "lane paused") != 1 {
		t.Errorf("log: %s", w.log.String())
	}
	w.plugins.Set(pluginhost.Status{Name: "aftership", State: pluginhost.Ready, Description: change.New})
	_, err := w.client.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{Connection: &apiv1.Connection{
		Name: theName, Secrets: map[string]string{"webhook_secret": "abcdef"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c := w.get(); c.GetState() != apiv1.ConnectionState_CONNECTION_STATE_ACTIVE {
		t.Errorf("connection = %v", c)
	}
}

// What is disabled, or was at fault already, or belongs to another plugin, does not keep a
// version away.
func TestSuitsLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	stricter := func(d *pluginv1.Description) { d.Settings[1].Required = true }
	change := next(stricter)
	stricter(change.Old)
	if err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), change); err != nil {
		t.Errorf("at fault already = %v", err)
	}
	change = next(stricter)
	change.Plugin = "zoho"
	if err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), change); err != nil {
		t.Errorf("of another plugin = %v", err)
	}
	if _, err := w.client.DisableConnection(t.Context(), &apiv1.DisableConnectionRequest{Name: theName}); err != nil {
		t.Fatal(err)
	}
	if err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), next(stricter)); err != nil {
		t.Errorf("disabled = %v", err)
	}
}

// Secrets that cannot be opened are there all the same.
func TestSuitsWithoutTheKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	vault := connections.NewVault(markSealer{"another key"})
	change := next(func(d *pluginv1.Description) { d.Settings[0].Pattern = "[0-9]+" })
	if err := connections.Suits(t.Context(), w.store, vault, w.logger(), change); err != nil {
		t.Error(err)
	}
}
