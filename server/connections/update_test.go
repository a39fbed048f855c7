package connections_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/store"
)

func (w *world) update(
	connection *apiv1.Connection, mask []string, cleared ...string,
) (*apiv1.UpdateConnectionResponse, error) {
	w.t.Helper()
	connection.Name = theName
	request := &apiv1.UpdateConnectionRequest{Connection: connection, ClearSecrets: cleared}
	if mask != nil {
		request.UpdateMask = &fieldmaskpb.FieldMask{Paths: mask}
	}
	return w.client.UpdateConnection(w.t.Context(), request)
}

func TestUpdateChangesExactlyWhatIsMasked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		connection *apiv1.Connection
		mask       []string
		cleared    []string
		// What is there afterwards; nil maps stand for what was there before.
		title             string
		settings, secrets map[string]string
		newGeneration     bool
	}{
		"nothing": {connection: &apiv1.Connection{}, title: "AfterShip of Acme"},
		"title without mask": {
			connection: &apiv1.Connection{Title: "New"}, title: "New",
		},
		"title cleared by mask": {connection: &apiv1.Connection{}, mask: []string{"title"}, title: ""},
		"fields beside the mask": {
			connection: &apiv1.Connection{Title: "New", Settings: map[string]string{"contact": "true"}},
			mask:       []string{"title"}, title: "New",
		},
		"all settings": {
			connection: &apiv1.Connection{Settings: map[string]string{"contact": "true"}},
			mask:       []string{"settings"}, title: "AfterShip of Acme",
			settings: map[string]string{"contact": "true"}, newGeneration: true,
		},
		"settings without mask keep the others": {
			connection: &apiv1.Connection{Settings: map[string]string{"contact": "true"}},
			title:      "AfterShip of Acme",
			settings:   map[string]string{"api_generation": "v4", "contact": "true"}, newGeneration: true,
		},
		"output-only fields as stored": {
			connection: &apiv1.Connection{Title: "New", State: apiv1.ConnectionState_CONNECTION_STATE_ACTIVE}, title: "New",
		},
		"one setting": {
			connection: &apiv1.Connection{Settings: map[string]string{"contact": "true", "base_url": "https://x.test"}},
			mask:       []string{"settings.contact"}, title: "AfterShip of Acme",
			settings: map[string]string{"api_generation": "v4", "contact": "true"}, newGeneration: true,
		},
		"one setting removed": {
			connection: &apiv1.Connection{}, mask: []string{"settings.api_generation"}, title: "AfterShip of Acme",
			settings: map[string]string{}, newGeneration: true,
		},
		"equal settings are no change": {
			connection: &apiv1.Connection{Settings: map[string]string{"api_generation": "v4"}},
			title:      "AfterShip of Acme",
		},
		"one secret keeps the others": {
			connection: &apiv1.Connection{Secrets: map[string]string{"webhook_secret": "second"}},
			title:      "AfterShip of Acme",
			secrets:    map[string]string{"api_key": theSecret, "webhook_secret": "second"}, newGeneration: true,
		},
		"equal secret is no change": {
			connection: &apiv1.Connection{Secrets: map[string]string{"api_key": theSecret}},
			mask:       []string{"secrets"}, title: "AfterShip of Acme",
		},
		"secret cleared": {
			connection: &apiv1.Connection{}, cleared: []string{"webhook_secret"}, title: "AfterShip of Acme",
			secrets: map[string]string{"api_key": theSecret}, newGeneration: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create(func(r *apiv1.CreateConnectionRequest) {
				if len(tc.cleared) > 0 {
					r.Connection.Secrets["webhook_secret"] = "first"
				}
			})
			before, secrets := w.stored(), w.secrets()
			response, err := w.update(tc.connection, tc.mask, tc.cleared...)
			if err != nil {
				t.Fatal(err)
			}
			after := w.stored()
			if tc.settings == nil {
				tc.settings = before.Settings
			}
			if tc.secrets == nil {
				tc.secrets = secrets
			}
			if response.GetConnection().GetTitle() != tc.title || !maps.Equal(after.Settings, tc.settings) {
				t.Errorf("connection = %v", response.GetConnection())
			}
			if got := w.secrets(); !maps.Equal(got, tc.secrets) || len(after.SecretTimes) != len(tc.secrets) {
				t.Errorf("secrets set = %v, want %d", after.SecretTimes, len(tc.secrets))
			}
			if changed := after.Generation != before.Generation; changed != tc.newGeneration {
				t.Errorf("generation %d after %d, want a new one: %t", after.Generation, before.Generation, tc.newGeneration)
			}
			if want := connections.Takes(apitest.Description(), tc.settings); after.Takes != want {
				t.Errorf("takes %+v, want %+v", after.Takes, want)
			}
		})
	}
}

func TestUpdateOfTheOtherFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	response, err := w.update(&apiv1.Connection{
		Filter: `order.order_source == "amazon"`, WaitForOrder: durationpb.New(time.Minute), AllowRepeats: true,
	}, nil)
	got := response.GetConnection()
	if err != nil || got.GetFilter() == "" || got.GetWaitForOrder().AsDuration() != time.Minute || !got.GetAllowRepeats() {
		t.Errorf("connection = %v, %v", got, err)
	}
	response, err = w.update(&apiv1.Connection{}, []string{"filter", "wait_for_order", "allow_repeats"})
	got = response.GetConnection()
	if err != nil || got.GetFilter() != "" || got.GetWaitForOrder() != nil || got.GetAllowRepeats() {
		t.Errorf("connection = %v, %v", got, err)
	}
}

// What is read can be written back with a change, whatever the server added.
func TestUpdateOfWhatWasRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := w.create()
	read.Title = "New"
	response, err := w.update(read, nil)
	if err != nil || response.GetConnection().GetTitle() != "New" {
		t.Errorf("connection = %v, %v", response.GetConnection(), err)
	}
}

func TestAnotherFilterReopensWhatTheOldOneFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	merchant, err := w.store.MerchantByID(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	for number, reason := range map[string]string{"1Z": "FILTER_FAILED", "2Z": "BAD_NUMBER"} {
		receipt := apitest.SubmitParcel(t, w.store, merchant, "A-1", &commercev1.Parcel{TrackingNumber: number}, time.Now())
		if err := w.store.Complete(t.Context(), []store.Completion{{
			ID: receipt.Deliveries[0].ID, State: store.Failed, Reason: reason, Now: time.Now(),
		}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name       string
		connection *apiv1.Connection
		want       int64
	}{
		{"title", &apiv1.Connection{Title: "New"}, 0},
		{"new filter", &apiv1.Connection{Filter: "true"}, 1},
		{"same filter", &apiv1.Connection{Filter: "true"}, 0},
	} {
		response, err := w.update(step.connection, nil)
		if err != nil || response.GetReopenedDeliveries() != step.want {
			t.Errorf("%s: reopened %d, %v; want %d", step.name, response.GetReopenedDeliveries(), err, step.want)
		}
	}
}

func TestBadUpdatesChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	before := w.get()
	for name, tc := range map[string]struct {
		connection  *apiv1.Connection
		mask        []string
		cleared     []string
		field, rule string
	}{
		"unknown path": {
			&apiv1.Connection{}, []string{"titel"}, nil, "update_mask.paths[0]", "must be one of title, settings",
		},
		"state": {
			&apiv1.Connection{}, []string{"title", "state"}, nil, "update_mask.paths[1]", "PauseConnection",
		},
		"state without mask": {
			&apiv1.Connection{Title: "x", State: apiv1.ConnectionState_CONNECTION_STATE_PAUSED}, nil, nil,
			"connection.state", "is changed by PauseConnection",
		},
		"pause reason without mask": {
			&apiv1.Connection{PauseReason: "X"}, nil, nil, "connection.pause_reason", "must be one of title, settings",
		},
		"account without mask": {
			&apiv1.Connection{AccountId: "X"}, nil, nil, "connection.account_id", "must be one of title, settings",
		},
		"no secrets": {
			&apiv1.Connection{},
			[]string{"secrets"},
			nil, "connection.secrets",
			"name the secrets to set, or use clear_secrets",
		},
		"other plugin": {
			&apiv1.Connection{Plugin: "zoho"}, nil, nil, "connection.plugin", "never changes",
		},
		"bad setting": {
			&apiv1.Connection{Settings: map[string]string{"contact": "yes"}},
			[]string{"settings.contact"},
			nil,
			"connection.settings[contact]", `"true" or "false"`,
		},
		"path of an unknown setting": {
			&apiv1.Connection{}, []string{"settings.contcat"}, nil, "update_mask.paths[0]", "known are api_generation",
		},
		"path of a secret": {
			&apiv1.Connection{}, []string{"settings.api_key"}, nil, "update_mask.paths[0]", "clear_secrets",
		},
		"required secret cleared": {
			&apiv1.Connection{}, nil, []string{"api_key"}, "connection.secrets[api_key]", "is required",
		},
		"cleared secret that is not set": {
			&apiv1.Connection{}, nil, []string{"webhook_secret"}, "clear_secrets[0]", "known are api_key",
		},
		"cleared and set": {
			&apiv1.Connection{Secrets: map[string]string{"api_key": "new"}}, nil,
			[]string{"api_key"},
			"clear_secrets[0]", "in the same edit",
		},
		"bad filter": {
			&apiv1.Connection{Filter: "order.order_id"}, nil, nil, "connection.filter", "true or false",
		},
	} {
		_, err := w.update(tc.connection, tc.mask, tc.cleared...)
		t.Log(name)
		apitest.WantInvalid(t, err, tc.field, tc.rule)
	}
	_, err := w.update(&apiv1.Connection{Title: "x", Etag: "old"}, nil)
	apitest.WantError(t, err, codes.Aborted, "ETAG_MISMATCH", "read it again")
	_, err = w.client.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{Name: "merchants/acme/connections/other", Title: "x"},
	})
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND")
	w.unchanged(before)
}

func TestSettingsOfAnEarlierVersionGoWithTheNextEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(func(r *apiv1.CreateConnectionRequest) { r.Connection.Settings["base_url"] = "https://x.test" })
	newer := apitest.Description()
	newer.Settings = newer.GetSettings()[:4] // Without base_url.
	status, _ := w.plugins.Plugin("aftership")
	status.Description = newer
	w.plugins.Set(status)
	response, err := w.update(
		&apiv1.Connection{Settings: map[string]string{"contact": "true"}}, []string{"settings.contact"})
	want := map[string]string{"api_generation": "v4", "contact": "true"}
	if got := response.GetConnection().GetSettings(); err != nil || !maps.Equal(got, want) {
		t.Errorf("settings = %v, %v; want %v", got, err, want)
	}
}

func TestUnreadableSecretsAreMendedByGivingThemAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(func(r *apiv1.CreateConnectionRequest) { r.Connection.Secrets["webhook_secret"] = "first" })
	w.serve("another key")

	_, err := w.update(&apiv1.Connection{Secrets: map[string]string{"api_key": "new"}}, nil)
	apitest.WantError(t, err, codes.FailedPrecondition, "SECRET_UNREADABLE", "set all of them again")
	// What touches no secret needs none.
	if _, err := w.update(&apiv1.Connection{Settings: map[string]string{"contact": "true"}}, nil); err != nil {
		t.Error(err)
	}
	_, err = w.update(&apiv1.Connection{Secrets: map[string]string{"api_key": "new"}}, nil, "webhook_secret")
	if got := w.secrets(); err != nil || !maps.Equal(got, map[string]string{"api_key": "new"}) {
		t.Errorf("secrets = %v, %v", got, err)
	}
}

// Settings can be edited while the plugin is down, but only if it ran before.
func TestEditOfTheTitleNeedsNoPlugin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	status, _ := w.plugins.Plugin("aftership")
	status.Description = nil
	w.plugins.Set(status)
	if _, err := w.update(&apiv1.Connection{Title: "New"}, nil); err != nil {
		t.Error(err)
	}
	_, err := w.update(&apiv1.Connection{Settings: map[string]string{"contact": "true"}}, nil)
	apitest.WantError(t, err, codes.Unavailable, "PLUGIN_UNAVAILABLE", "try again")
}

func TestDeleteConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	created := w.create()
	_, err := w.client.DeleteConnection(t.Context(), &apiv1.DeleteConnectionRequest{Name: theName, Etag: "old"})
	apitest.WantError(t, err, codes.Aborted, "ETAG_MISMATCH")
	request := &apiv1.DeleteConnectionRequest{Name: theName, Etag: created.GetEtag()}
	if _, err := w.client.DeleteConnection(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	_, err = w.client.DeleteConnection(t.Context(), request)
	apitest.WantError(t, err, codes.NotFound, "CONNECTION_NOT_FOUND")
	again := w.create()
	if strings.EqualFold(again.GetEtag(), created.GetEtag()) {
		t.Error("a connection made again has the etag of the deleted one")
	}
}
