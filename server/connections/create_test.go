package connections_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/store"
)

// Promise P8: what is created is read back without its secrets.
func TestCreatedConnectionIsReadWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := w.create(func(r *apiv1.CreateConnectionRequest) {
		r.Connection.WaitForOrder = durationpb.New(time.Hour)
		r.Connection.Filter = `order.order_source == "amazon"`
	})
	got := w.get()
	if strings.Contains(fmt.Sprint(created, got), theSecret) || len(got.GetSecrets()) > 0 {
		t.Error("a read shows a secret")
	}
	statuses := got.GetSecretStatuses()
	if len(statuses) != 1 || statuses[0].GetName() != "api_key" || statuses[0].GetSetTime() == nil {
		t.Errorf("secret statuses = %v", statuses)
	}
	if got.GetName() != theName || got.GetSettings()["api_generation"] != "v4" || got.GetEtag() != created.GetEtag() ||
		got.GetState() != apiv1.ConnectionState_CONNECTION_STATE_ACTIVE ||
		got.GetCheckState() != apiv1.CheckState_CHECK_STATE_UNTESTED ||
		got.GetWaitForOrder().AsDuration() != time.Hour {
		t.Errorf("connection = %v", got)
	}
	stored := w.stored()
	if want := connections.Takes(apitest.Description(), got.GetSettings()); stored.Takes != want {
		t.Errorf("takes %+v, want %+v", stored.Takes, want)
	}
	if w.secrets()["api_key"] != theSecret || stored.Generation < 1 {
		t.Errorf("stored = %+v", stored)
	}
}

func TestBadConnectionsAreNotCreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type change = func(*apiv1.CreateConnectionRequest)
	for name, tc := range map[string]struct {
		change      change
		field, rule string
	}{
		"id": {
			func(r *apiv1.CreateConnectionRequest) { r.ConnectionId = "-x" }, "connection_id", `1 to 63 of "a-z"`,
		},
		"no connection": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection = nil }, "connection", "must be present",
		},
		"no plugin": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.Plugin = "" }, "connection.plugin", "ListPlugins",
		},
		"setting": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.Settings["api_generation"] = "v5" },
			"connection.settings[api_generation]", "must be one of v4, 2026-07",
		},
		"missing secret": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.Secrets = nil },
			"connection.secrets[api_key]", "is required",
		},
		"secret among settings": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.Settings["webhook_secret"] = theSecret },
			"connection.settings[webhook_secret]", "put it under connection.secrets",
		},
		"filter": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.Filter = "order.source == 'x'" },
			"connection.filter", "line 1, column 6",
		},
		"negative wait": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.WaitForOrder = durationpb.New(-1) },
			"connection.wait_for_order", "must be between 0s",
		},
	} {
		_, err := w.client.CreateConnection(t.Context(), request(tc.change))
		t.Log(name)
		apitest.WantInvalid(t, err, tc.field, tc.rule)
		if strings.Contains(err.Error(), theSecret) {
			t.Errorf("%s: error shows a secret", name)
		}
	}
	for name, tc := range map[string]struct {
		change change
		code   codes.Code
		reason string
		part   string
	}{
		"unknown merchant": {
			func(r *apiv1.CreateConnectionRequest) { r.Parent = "merchants/nobody" },
			codes.NotFound, "MERCHANT_NOT_FOUND", "CreateMerchant",
		},
		"unknown plugin": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.Plugin = "shippo" },
			codes.NotFound, "PLUGIN_NOT_FOUND", "installed: aftership, zoho",
		},
		"plugin that never ran": {
			func(r *apiv1.CreateConnectionRequest) { r.Connection.Plugin = "zoho" },
			codes.Unavailable, "PLUGIN_UNAVAILABLE", "BACKOFF: exit status 2",
		},
	} {
		_, err := w.client.CreateConnection(t.Context(), request(tc.change))
		t.Log(name)
		apitest.WantError(t, err, tc.code, tc.reason, tc.part)
	}
	all, err := w.store.Connections(t.Context(), 0, store.Page{Limit: 10})
	if err != nil || len(all) != 0 {
		t.Errorf("connections = %v, %v; want none", all, err)
	}
}

func TestConnectionIDIsTakenOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	_, err := w.client.CreateConnection(t.Context(), request())
	apitest.WantError(t, err, codes.AlreadyExists, "ALREADY_EXISTS", "UpdateConnection")
}

func TestListConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.merchant("other")
	w.merchant("hidden")
	for _, id := range []string{"a", "b", "c"} {
		for _, merchant := range []string{"acme", "hidden", "other"} {
			w.create(func(r *apiv1.CreateConnectionRequest) {
				r.Parent, r.ConnectionId = "merchants/"+merchant, id
			})
		}
	}
	w.hidden = "hidden"
	list := func(parent string) string {
		request := &apiv1.ListConnectionsRequest{Parent: parent, PageSize: 2}
		var names []string
		for {
			response, err := w.client.ListConnections(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range response.GetConnections() {
				names = append(names, strings.ReplaceAll(strings.TrimPrefix(c.GetName(), "merchants/"), "/connections/", "."))
			}
			if request.PageToken = response.GetNextPageToken(); request.GetPageToken() == "" {
				return strings.Join(names, " ")
			}
		}
	}
	if got, want := list("merchants/acme"), "acme.a acme.b acme.c"; got != want {
		t.Errorf("of acme: %s, want %s", got, want)
	}
	if got, want := list("merchants/-"), "acme.a other.a acme.b other.b acme.c other.c"; got != want {
		t.Errorf("of all: %s, want %s", got, want)
	}
	_, err := w.client.ListConnections(t.Context(), &apiv1.ListConnectionsRequest{Parent: "merchants/nobody"})
	apitest.WantError(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
}

func TestVaultBindsWhatItSeals(t *testing.T) {
	t.Parallel()
	vault := connections.NewVault(markSealer{"key"})
	c := store.Connection{Key: 7, MerchantID: "acme", ID: "tracking", Plugin: "aftership", Generation: 3}
	var err error
	if c.Secrets, err = vault.SealSecrets(c, map[string]string{"api_key": theSecret, "stale": "x"}); err != nil {
		t.Fatal(err)
	}
	if c.PluginState, err = vault.SealState(c, []byte("token")); err != nil {
		t.Fatal(err)
	}
	onCall, err := vault.PluginConnection(c, apitest.Description())
	if err != nil {
		t.Fatal(err)
	}
	if onCall.GetUid() != "7" || onCall.GetGeneration() != 3 || string(onCall.GetState()) != "token" ||
		len(onCall.GetSecrets()) != 1 || onCall.GetSecrets()["api_key"] != theSecret ||
		onCall.GetSettings()["api_generation"] != "2026-07" || onCall.GetSettings()["contact"] != "false" {
		t.Errorf("on call = %v", onCall)
	}
	for name, other := range map[string]func(*store.Connection){
		"other merchant":   func(c *store.Connection) { c.MerchantID = "other" },
		"other connection": func(c *store.Connection) { c.ID = "other" },
		"other plugin":     func(c *store.Connection) { c.Plugin = "zoho" },
		"state of a deleted connection of that name": func(c *store.Connection) { c.Key = 8 },
		"state of older settings":                    func(c *store.Connection) { c.Generation = 4 },
		"state as secrets":                           func(c *store.Connection) { c.Secrets = c.PluginState },
	} {
		changed := c
		other(&changed)
		if _, err := vault.PluginConnection(changed, apitest.Description()); err == nil {
			t.Errorf("%s: opened", name)
		} else if strings.Contains(err.Error(), theSecret) {
			t.Errorf("%s: error shows a secret", name)
		}
	}
}

func TestVerbs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	ctx := context.Background()
	paused, err := w.client.PauseConnection(ctx, &apiv1.PauseConnectionRequest{Name: theName, Note: "moving"})
	if c := paused.GetConnection(); err != nil || c.GetState() != apiv1.ConnectionState_CONNECTION_STATE_PAUSED ||
		c.GetPauseReason() != store.PausedByOperator || c.GetPauseHint() != "moving" {
		t.Errorf("paused = %v, %v", paused, err)
	}
	disabled, err := w.client.DisableConnection(ctx, &apiv1.DisableConnectionRequest{Name: theName})
	if c := disabled.GetConnection(); err != nil || c.GetState() != apiv1.ConnectionState_CONNECTION_STATE_DISABLED {
		t.Errorf("disabled = %v, %v", disabled, err)
	}
	resumed, err := w.client.ResumeConnection(ctx, &apiv1.ResumeConnectionRequest{Name: theName})
	if c := resumed.GetConnection(); err != nil || c.GetState() != apiv1.ConnectionState_CONNECTION_STATE_ACTIVE ||
		c.GetPauseReason() != "" || c.GetPauseHint() != "" {
		t.Errorf("resumed = %v, %v", resumed, err)
	}
	if again, err := w.client.ResumeConnection(ctx, &apiv1.ResumeConnectionRequest{Name: theName}); err != nil {
		t.Errorf("resumed again = %v, %v", again, err)
	}
	for _, did := range []string{"paused", "disabled", "resumed"} {
		line := fmt.Sprintf(`msg="lane %s: a caller asked for it" connection=%s`, did, theName)
		if n := strings.Count(w.log.String(), line); n != 1 {
			t.Errorf("the log has %d lines with %s:\n%s", n, line, w.log.String())
		}
	}
	// Without a note there is none: the hint would say again what Explain says of every pause.
	silent, err := w.client.PauseConnection(ctx, &apiv1.PauseConnectionRequest{Name: theName})
	if c := silent.GetConnection(); err != nil || c.GetPauseReason() != store.PausedByOperator || c.GetPauseHint() != "" {
		t.Errorf("paused without a note = %v, %v", silent, err)
	}
	unknown := "merchants/acme/connections/other"
	_, err = w.client.PauseConnection(ctx, &apiv1.PauseConnectionRequest{Name: unknown})
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND", "ListConnections")
	_, err = w.client.ResumeConnection(ctx, &apiv1.ResumeConnectionRequest{Name: unknown})
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND")
	_, err = w.client.DisableConnection(ctx, &apiv1.DisableConnectionRequest{Name: unknown})
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND")
}

// TestEditThatResumesIsLogged: who reads in the log of a lane that its extra interface
// paused finds there what let it go (promise P6).
func TestEditThatResumesIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	edit := func(key string) {
		t.Helper()
		if _, err := w.update(&apiv1.Connection{Secrets: map[string]string{"api_key": key}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	lines := func() int { return strings.Count(w.log.String(), "lane resumed: its settings were changed") }
	edit(theSecret + "-2")
	if n := lines(); n != 0 {
		t.Errorf("%d lines of a lane that was not paused", n)
	}
	c := w.stored()
	paused, err := w.store.SetConnectionState(t.Context(), store.StateChange{
		Connection: c.Key, Generation: c.Generation, State: store.Paused, Reason: "REFUSED", Now: time.Now(),
	})
	if err != nil || !paused {
		t.Fatal(paused, err)
	}
	edit(theSecret + "-3")
	if n := lines(); n != 1 {
		t.Errorf("%d lines of a lane that was paused:\n%s", n, w.log.String())
	}
}
