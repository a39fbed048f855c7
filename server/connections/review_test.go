package connections_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

type judging func(context.Context, *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error)

func judgesNothing(context.Context, *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error) {
	return nil, fmt.Errorf("%w: judging", pluginhost.ErrUnsupported)
}

func fails(context.Context, *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error) {
	return nil, pluginhost.ErrUnavailable
}

// refusesFields finds the fields at fault, and tells of each the secret of the connection.
func refusesFields(fields ...string) judging {
	return func(_ context.Context, request *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error) {
		response := &pluginv1.CheckSettingsResponse{}
		for _, field := range fields {
			response.Faults = append(response.Faults, &pluginv1.SettingFault{
				Field: field, Reason: "SETTING_INVALID", Hint: "No more with " + request.GetConnection().GetSecrets()["api_key"],
			})
		}
		return response, nil
	}
}

// TestSuitsAsksTheVersions: what only the new version itself refuses keeps it away, unless
// the old one refused the settings already.
func TestSuitsAsksTheVersions(t *testing.T) {
	t.Parallel()
	const generation = "connection.settings[api_generation] is refused by plugin aftership: No more with ***"
	stricter := func(d *pluginv1.Description) { d.Settings[2].Choices = d.Settings[2].Choices[1:] }
	as := func(*pluginv1.Description) {}
	for name, test := range map[string]struct {
		change   func(*pluginv1.Description)
		old, new judging
		faults   []string
	}{
		"it takes them":      {as, refusesFields(), refusesFields(), nil},
		"it refuses a field": {as, refusesFields(), refusesFields("api_generation"), []string{generation}},
		"it refuses all": {
			as, refusesFields(), refusesFields(""),
			[]string{"connection.settings is refused by plugin aftership: No more with ***"},
		},
		"the old one judges none":   {as, judgesNothing, refusesFields("api_generation"), []string{generation}},
		"the old one does not run":  {as, fails, refusesFields("api_generation"), []string{generation}},
		"the old one refused it":    {as, refusesFields("api_generation"), refusesFields("api_generation"), nil},
		"the old one named another": {as, refusesFields(""), refusesFields("api_generation"), nil},
		"the field tells it too": {
			stricter, refusesFields(), refusesFields("api_generation", ""),
			[]string{"connection.settings[api_generation] must be one of 2026-07"},
		},
		"a secret": {
			as, refusesFields(), refusesFields("api_key"),
			[]string{"connection.secrets[api_key] is refused by plugin aftership: No more with ***"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create()
			change := next(test.change)
			change.CheckOld, change.CheckNew = test.old, test.new
			err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), change)
			var unsuitable *pluginhost.UnsuitableError
			switch {
			case test.faults == nil:
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &unsuitable) || len(unsuitable.Connections) != 1 ||
				strings.Join(unsuitable.Connections[0].Faults, "|") != strings.Join(test.faults, "|"):
				t.Errorf("err = %v", err)
			}
		})
	}
}

// TestSuitsPausesWhatThePluginRefuses: only the connection at fault waits, and the edit
// resumes it (promise P6). Once it waits the next version is not asked about it.
func TestSuitsPausesWhatThePluginRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	w.create(func(r *apiv1.CreateConnectionRequest) {
		r.ConnectionId, r.Connection.Settings = "other", map[string]string{"base_url": "https://other"}
	})
	change := next(func(*pluginv1.Description) {})
	change.Pause = true
	asked := 0
	change.CheckNew = func(
		ctx context.Context, request *pluginv1.CheckSettingsRequest,
	) (*pluginv1.CheckSettingsResponse, error) {
		if request.GetConnection().GetSettings()["api_generation"] != "v4" {
			return &pluginv1.CheckSettingsResponse{}, nil
		}
		asked++
		return refusesFields("api_generation")(ctx, request)
	}
	for range 2 {
		if err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), change); err != nil {
			t.Fatal(err)
		}
	}
	paused := w.get()
	if paused.GetPauseReason() != "SETTINGS_REFUSED" || !strings.Contains(paused.GetPauseHint(),
		"version 2.0.0 of the plugin refuses the settings: connection.settings[api_generation] is refused") || asked != 1 {
		t.Errorf("connection = %v, asked %d times", paused, asked)
	}
	listed, err := w.client.ListConnections(t.Context(), &apiv1.ListConnectionsRequest{Parent: "merchants/acme"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range listed.GetConnections() {
		if c.GetName() != theName && c.GetState() != apiv1.ConnectionState_CONNECTION_STATE_ACTIVE {
			t.Errorf("another connection = %v", c)
		}
	}
	if _, err := w.client.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{Connection: &apiv1.Connection{
		Name: theName, Settings: map[string]string{"api_generation": "2026-07"},
	}}); err != nil {
		t.Fatal(err)
	}
	if c := w.get(); c.GetState() != apiv1.ConnectionState_CONNECTION_STATE_ACTIVE {
		t.Errorf("after the edit = %v", c)
	}
}

// TestSuitsWithoutAnAnswer: of a version that cannot be asked nothing is known, so that it
// does not come and no lane is paused for it; and what cannot be shown to it is not.
func TestSuitsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	change := next(func(*pluginv1.Description) {})
	change.Pause, change.CheckNew = true, func(
		ctx context.Context, _ *pluginv1.CheckSettingsRequest,
	) (*pluginv1.CheckSettingsResponse, error) {
		if at, ok := ctx.Deadline(); !ok || time.Until(at) > 10*time.Second {
			t.Error("the call has no short deadline")
		}
		return nil, pluginhost.ErrLost
	}
	err := connections.Suits(t.Context(), w.store, w.vault, w.logger(), change)
	if !errors.Is(err, pluginhost.ErrUnanswered) || !errors.Is(err, pluginhost.ErrLost) ||
		!strings.Contains(err.Error(), theName) {
		t.Errorf("err = %v", err)
	}
	if c := w.stored(); c.State != store.Active {
		t.Errorf("it was touched: %+v", c)
	}
	// Without the key a plugin would miss the secrets.
	vault := connections.NewVault(markSealer{"another key"})
	if err := connections.Suits(t.Context(), w.store, vault, w.logger(), change); err != nil {
		t.Error(err)
	}
}

// crowd are many connections of the plugin of the tests.
type crowd int

func (c crowd) Connections(_ context.Context, _ int64, page store.Page) ([]store.Connection, error) {
	var found []store.Connection
	for key := page.After + 1; key <= int64(c) && len(found) < page.Limit; key++ {
		found = append(found, store.Connection{
			Key: key, MerchantID: "acme", ID: fmt.Sprint("c", key), Plugin: "aftership", State: store.Active,
		})
	}
	return found, nil
}

func (crowd) SetConnectionState(context.Context, store.StateChange) (bool, error) {
	return false, errors.New("nothing is to be paused")
}

// TestSuitsOfManyConnections: ten thousand are asked about beside each other, and within
// minutes however slow the version is.
func TestSuitsOfManyConnections(t *testing.T) {
	t.Parallel()
	const many = crowd(10_000)
	vault := connections.NewVault(markSealer{"key"})
	for name, test := range map[string]struct {
		takes      time.Duration
		answer     judging
		old        judging
		within     time.Duration
		mostAsked  int64
		unanswered string
		unsuitable int
	}{
		"fast":          {50 * time.Millisecond, refusesFields(), judgesNothing, time.Minute, 10_000, "", 0},
		"all refused":   {0, refusesFields("base_url"), judgesNothing, time.Minute, 10_000, "", 10_000},
		"old one hangs": {0, refusesFields("base_url"), hangs, time.Minute, 10_000, "", 10_000},
		"slow":          {5 * time.Second, refusesFields(), judgesNothing, 3 * time.Minute, 1_000, "within 3m0s", 0},
		"hangs":         {time.Hour, refusesFields(), judgesNothing, 10 * time.Second, 16, "settings of merchants/acme/", 0},
		"judges none":   {time.Second, judgesNothing, judgesNothing, time.Second, 16, "", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var asked, asking, most atomic.Int64
			change := next(func(*pluginv1.Description) {})
			change.CheckOld = test.old
			change.CheckNew = func(
				ctx context.Context, request *pluginv1.CheckSettingsRequest,
			) (*pluginv1.CheckSettingsResponse, error) {
				asked.Add(1)
				now := asking.Add(1)
				defer asking.Add(-1)
				for before := most.Load(); now > before && !most.CompareAndSwap(before, now); {
					before = most.Load()
				}
				select {
				case <-time.After(test.takes):
					return test.answer(ctx, request)
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			began := time.Now()
			err := connections.Suits(t.Context(), many, vault, slog.New(slog.DiscardHandler), change)
			if took := time.Since(began); took > test.within || most.Load() > 16 || asked.Load() > test.mostAsked {
				t.Errorf("%s: took %s, %d at once, %d asked", name, took, most.Load(), asked.Load())
			}
			var unsuitable *pluginhost.UnsuitableError
			switch {
			case test.unsuitable > 0:
				if !errors.As(err, &unsuitable) || len(unsuitable.Connections) != test.unsuitable {
					t.Errorf("%s: %v", name, err)
				}
			case test.unanswered == "":
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			case !errors.Is(err, pluginhost.ErrUnanswered) || !strings.Contains(err.Error(), test.unanswered):
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func hangs(ctx context.Context, _ *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
