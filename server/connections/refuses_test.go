package connections_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// picky has the plugin refuse a base_url of "https://gone" and an api_generation of v4
// with it, and notes what it was asked.
func picky(w *world) *[]*pluginv1.Connection {
	var asked []*pluginv1.Connection
	w.plugins.Judge = func(
		_ context.Context, request *pluginv1.CheckSettingsRequest,
	) (*pluginv1.CheckSettingsResponse, error) {
		c := request.GetConnection()
		asked = append(asked, c)
		response := &pluginv1.CheckSettingsResponse{}
		if c.GetSettings()["base_url"] != "https://gone" {
			return response, nil
		}
		response.Faults = []*pluginv1.SettingFault{
			{Field: "base_url", Reason: "SETTING_INVALID", Hint: "It is gone, says " + c.GetSecrets()["api_key"]},
			{Field: "api_key", Reason: "SETTING_INVALID", Hint: "It does not fit."},
		}
		return response, nil
	}
	return &asked
}

// wantViolation looks for one of several.
func wantViolation(t *testing.T, err error, field, rule string) {
	t.Helper()
	if status.Code(err) != codes.InvalidArgument {
		t.Fatalf("error = %v", err)
	}
	for _, detail := range status.Convert(err).Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if ok && slices.ContainsFunc(bad.GetFieldViolations(), func(v *errdetails.BadRequest_FieldViolation) bool {
			return v.GetField() == field && strings.Contains(v.GetDescription(), rule)
		}) {
			return
		}
	}
	t.Errorf("no violation of %s with %q in %v", field, rule, err)
}

// TestSettingsThatOnlyThePluginRefuses are not stored: all of them are named at once, with
// what the fields refuse, and nothing is changed (promise P6).
func TestSettingsThatOnlyThePluginRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := picky(w)
	gone := func(r *apiv1.CreateConnectionRequest) { r.Connection.Settings["base_url"] = "https://gone" }
	_, err := w.client.CreateConnection(t.Context(), request(gone))
	wantViolation(t, err, "connection.settings[base_url]", "is refused by plugin aftership: It is gone")
	wantViolation(t, err, "connection.secrets[api_key]", "It does not fit.")
	if strings.Contains(err.Error(), theSecret) {
		t.Error("the error shows a secret")
	}
	_, err = w.client.CreateConnection(t.Context(), request(gone, func(r *apiv1.CreateConnectionRequest) {
		r.Connection.Settings["contact"] = "maybe"
	}))
	wantViolation(t, err, "connection.settings[contact]", "must be")
	wantViolation(t, err, "connection.settings[base_url]", "It is gone")

	before := w.create()
	update := &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{
			Name: theName, Title: "other", Settings: map[string]string{"base_url": "https://gone"},
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title", "settings.base_url"}},
	}
	_, err = w.client.UpdateConnection(t.Context(), update)
	wantViolation(t, err, "connection.settings[base_url]", "It is gone")
	w.unchanged(before)
	last := (*asked)[len(*asked)-1]
	if last.GetSecrets()["api_key"] != theSecret || last.GetSettings()["api_generation"] != "v4" ||
		!strings.HasPrefix(last.GetUid(), "unsaved-") {
		t.Errorf("asked about %v", last)
	}

	// What is refused is not even looked at where no setting is edited.
	asks := len(*asked)
	if _, err := w.client.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{Name: theName, Title: "other"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	}); err != nil || len(*asked) != asks {
		t.Errorf("title: %v, asked %d times", err, len(*asked)-asks)
	}
}

// TestAllFaultsOfASetting are told in its one violation, each once and within bounds, but
// for one that the field itself refuses.
func TestAllFaultsOfASetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plugins.Judge = func(
		context.Context, *pluginv1.CheckSettingsRequest,
	) (*pluginv1.CheckSettingsResponse, error) {
		response := &pluginv1.CheckSettingsResponse{}
		for _, fault := range []struct{ field, hint string }{
			{"base_url", "It is gone."},
			{"contact", "Nobody is there."},
			{"base_url", "It has no path."},
			{"base_url", "It is gone."},
			{"api_key", strings.Repeat("k", 1000)},
			{"api_key", strings.Repeat("l", 1000)},
		} {
			response.Faults = append(response.Faults, &pluginv1.SettingFault{Field: fault.field, Hint: fault.hint})
		}
		return response, nil
	}
	_, err := w.client.CreateConnection(t.Context(), request(func(r *apiv1.CreateConnectionRequest) {
		r.Connection.Settings["contact"] = "maybe"
	}))
	wantViolation(t, err, "connection.settings[base_url]", "plugin aftership: It is gone; It has no path.")
	wantViolation(t, err, "connection.secrets[api_key]", "k; l")
	for _, detail := range status.Convert(err).Details() {
		bad, _ := detail.(*errdetails.BadRequest)
		fields := map[string]int{}
		for _, v := range bad.GetFieldViolations() {
			if fields[v.GetField()]++; fields[v.GetField()] > 1 || len(v.GetDescription()) > 1100 ||
				strings.Count(v.GetDescription(), "gone") > 1 || strings.Contains(v.GetDescription(), "Nobody") {
				t.Errorf("violation %v", v)
			}
		}
	}
}

// TestSettingsAreStoredWithoutThePlugin: one that does not run, does not answer or does not
// know the call refuses nothing.
func TestSettingsAreStoredWithoutThePlugin(t *testing.T) {
	t.Parallel()
	for name, judge := range map[string]func(ctx context.Context) error{
		"not running": func(context.Context) error { return pluginhost.ErrUnavailable },
		"unsupported": func(context.Context) error { return fmt.Errorf("%w: x", pluginhost.ErrUnsupported) },
		"hangs": func(ctx context.Context) error {
			if at, ok := ctx.Deadline(); !ok || time.Until(at) > 2*time.Second {
				t.Error("the call has no short deadline")
			}
			return context.DeadlineExceeded
		},
	} {
		w := newWorld(t)
		w.plugins.Judge = func(
			ctx context.Context, _ *pluginv1.CheckSettingsRequest,
		) (*pluginv1.CheckSettingsResponse, error) {
			return nil, judge(ctx)
		}
		created := w.create()
		if created.GetCheckState() != apiv1.CheckState_CHECK_STATE_UNTESTED {
			t.Errorf("%s: %v", name, created)
		}
		if _, err := w.client.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{
			Connection: &apiv1.Connection{Name: theName, Settings: map[string]string{"base_url": "https://other"}},
			UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"settings.base_url"}},
		}); err != nil {
			t.Errorf("%s: update: %v", name, err)
		}
	}
}

// TestResumeOfRefusedSettings: a connection that its plugin paused stays paused while the
// plugin refuses its settings, and the answer names the fields. A plugin that cannot be
// asked keeps nothing paused, and a connection that was paused for anything else resumes.
func TestResumeOfRefusedSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		reason  string
		judge   judging
		refused bool
	}{
		"refused at a delivery": {"SETTINGS_INVALID", refusesFields("base_url"), true},
		"refused by a version":  {"SETTINGS_REFUSED", refusesFields("base_url"), true},
		"taken again":           {"SETTINGS_REFUSED", refusesFields(), false},
		"not running":           {"SETTINGS_INVALID", fails, false},
		"not judged":            {"SETTINGS_INVALID", judgesNothing, false},
		"paused by hand":        {store.PausedByOperator, refusesFields("base_url"), false},
		"key refused":           {"INVALID_API_KEY", refusesFields("base_url"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.create()
			w.plugins.Judge = test.judge
			if _, err := w.store.SetConnectionState(t.Context(), store.StateChange{
				Connection: w.stored().Key, State: store.Paused, Reason: test.reason, Now: time.Now(),
			}); err != nil {
				t.Fatal(err)
			}
			before := w.get()
			_, err := w.client.ResumeConnection(t.Context(), &apiv1.ResumeConnectionRequest{Name: theName})
			if test.refused {
				wantViolation(t, err, "connection.settings[base_url]", "No more with ***")
				w.unchanged(before)
				return
			}
			if err != nil || w.stored().State != store.Active {
				t.Errorf("%v, %v", err, w.get())
			}
		})
	}
}
