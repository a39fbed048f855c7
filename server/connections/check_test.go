package connections_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/pluginhost"
)

func passing() *pluginv1.CheckConnectionResponse {
	return &pluginv1.CheckConnectionResponse{
		Outcome: pluginv1.CheckOutcome_CHECK_OUTCOME_OK, AccountId: "org-1", AccountName: "Acme Ltd",
	}
}

func (w *world) test(name string, edits *apiv1.Connection) (*apiv1.TestConnectionResponse, error) {
	w.t.Helper()
	return w.client.TestConnection(w.t.Context(), &apiv1.TestConnectionRequest{Name: name, Connection: edits})
}

func TestTestOfTheSavedSettingsIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	asked := w.answer(passing(), nil)
	response, err := w.test(theName, nil)
	if err != nil || response.GetAccountId() != "org-1" ||
		response.GetCheckState() != apiv1.CheckState_CHECK_STATE_PASSED {
		t.Fatalf("response = %v, %v", response, err)
	}
	c := asked.GetConnection()
	if c.GetSecrets()["api_key"] != theSecret || c.GetSettings()["api_generation"] != "v4" ||
		c.GetSettings()["contact"] != "false" || c.GetUid() != fmt.Sprint(w.stored().Key) || c.GetMerchantId() != "acme" {
		t.Errorf("asked = %v", c)
	}
	got := w.get()
	if got.GetCheckState() != apiv1.CheckState_CHECK_STATE_PASSED || got.GetAccountName() != "Acme Ltd" ||
		got.GetCheckTime() == nil {
		t.Errorf("connection = %v", got)
	}

	w.answer(&pluginv1.CheckConnectionResponse{
		Outcome: pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY,
		Faults:  []*pluginv1.SettingFault{{Field: "api_key", Reason: "REVOKED", Hint: "make a new one"}},
	}, nil)
	response, err = w.test(theName, nil)
	if err != nil || response.GetCheckState() != apiv1.CheckState_CHECK_STATE_FAILED ||
		response.GetFaults()[0].GetReason() != "REVOKED" {
		t.Errorf("response = %v, %v", response, err)
	}
	if got := w.get(); got.GetCheckState() != apiv1.CheckState_CHECK_STATE_FAILED || got.GetAccountId() != "org-1" {
		t.Errorf("connection = %v, want FAILED and the account still known", got)
	}
}

func TestTestOfUnsavedEditsSavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	before := w.get()
	asked := w.answer(passing(), nil)
	response, err := w.test(theName, &apiv1.Connection{
		Settings: map[string]string{"contact": "true"}, Secrets: map[string]string{"webhook_secret": "unsaved"},
	})
	if err != nil || response.GetCheckState() != apiv1.CheckState_CHECK_STATE_PASSED {
		t.Fatalf("response = %v, %v", response, err)
	}
	c := asked.GetConnection()
	wantSettings := map[string]string{"api_generation": "v4", "contact": "true"}
	wantSecrets := map[string]string{"api_key": theSecret, "webhook_secret": "unsaved"}
	if !maps.Equal(c.GetSettings(), wantSettings) || !maps.Equal(c.GetSecrets(), wantSecrets) {
		t.Errorf("asked with settings %v and %d secrets, want the edits merged", c.GetSettings(), len(c.GetSecrets()))
	}
	if c.GetUid() == "" || c.GetUid() == fmt.Sprint(w.stored().Key) {
		t.Errorf("uid = %q, want one that no saved connection has", c.GetUid())
	}
	w.unchanged(before)

	// Edits equal to what is saved are no edits.
	if _, err := w.test(theName, &apiv1.Connection{Settings: map[string]string{"api_generation": "v4"}}); err != nil {
		t.Fatal(err)
	}
	if got := w.get(); got.GetCheckState() != apiv1.CheckState_CHECK_STATE_PASSED {
		t.Errorf("check state = %s, want PASSED", got.GetCheckState())
	}
}

func TestTestWithoutASavedConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := w.answer(passing(), nil)
	response, err := w.test("", &apiv1.Connection{
		Plugin: "aftership", Secrets: map[string]string{"api_key": theSecret},
	})
	if err != nil || response.GetCheckState() != apiv1.CheckState_CHECK_STATE_PASSED {
		t.Fatalf("response = %v, %v", response, err)
	}
	if asked.GetConnection().GetSettings()["api_generation"] != "2026-07" {
		t.Errorf("asked = %v, want defaults filled in", asked)
	}
	_, err = w.test("", nil)
	apitest.WantInvalid(t, err, "name", "connection.plugin")
	_, err = w.test("", &apiv1.Connection{Plugin: "aftership"})
	apitest.WantInvalid(t, err, "connection.secrets[api_key]", "is required")
}

// A result that comes after an edit says nothing of what is saved then.
func TestResultForOlderSettingsIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	w.plugins.Check = func(*pluginv1.CheckConnectionRequest) (*pluginv1.CheckConnectionResponse, error) {
		if _, err := w.update(&apiv1.Connection{Settings: map[string]string{"contact": "true"}}, nil); err != nil {
			t.Error(err)
		}
		return passing(), nil
	}
	if _, err := w.test(theName, nil); err != nil {
		t.Fatal(err)
	}
	if got := w.get(); got.GetCheckState() != apiv1.CheckState_CHECK_STATE_UNTESTED {
		t.Errorf("check state = %s, want UNTESTED", got.GetCheckState())
	}
}

func TestNoAnswerIsNoResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	before := w.get()
	for name, outcome := range map[string]pluginv1.CheckOutcome{
		"unreachable": pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE,
		"not stated":  pluginv1.CheckOutcome_CHECK_OUTCOME_UNSPECIFIED,
		"undefined":   99,
	} {
		w.answer(&pluginv1.CheckConnectionResponse{
			Outcome: outcome, RetryAfter: durationpb.New(time.Minute),
		}, nil)
		response, err := w.test(theName, nil)
		warnings := strings.Join(response.GetWarnings(), "\n")
		if err != nil || response.GetCheckState() != apiv1.CheckState_CHECK_STATE_UNTESTED ||
			!strings.Contains(warnings, "test again") || !strings.Contains(warnings, "1m0s") {
			t.Errorf("%s: response = %v, %v", name, response, err)
		}
		w.unchanged(before)
	}
}

func TestPluginThatFailsTheTest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	before := w.get()
	for _, failure := range []error{pluginhost.ErrUnavailable, pluginhost.ErrLost, fmt.Errorf("panic: %s", theSecret)} {
		w.answer(nil, fmt.Errorf("call: %w", failure))
		_, err := w.test(theName, nil)
		apitest.WantError(t, err, codes.Unavailable, "PLUGIN_UNAVAILABLE", `"aftership"`, "try again")
		if strings.Contains(err.Error(), theSecret) {
			t.Error("error shows a secret")
		}
	}
	w.unchanged(before)
}

// It starts again only after a long wait, so that trying again soon is no advice.
func TestPluginInQuarantineFailsTheTest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	status, _ := w.plugins.Plugin("aftership")
	status.State, status.Reason = pluginhost.Quarantined, "ended too often"
	w.plugins.Set(status)
	w.answer(nil, fmt.Errorf("call: %w", pluginhost.ErrUnavailable))
	_, err := w.test(theName, nil)
	apitest.WantError(t, err, codes.Unavailable, "PLUGIN_UNAVAILABLE",
		"QUARANTINED: ended too often", "only after a long wait", "PluginService.GetPlugin and the server's log say why")
	if strings.Contains(err.Error(), "try again") {
		t.Errorf("error = %v, want no advice to try again soon", err)
	}
}

// Promise P8: a plugin that repeats a secret does not get it out.
func TestSecretsInAnswersAreMasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	w.answer(&pluginv1.CheckConnectionResponse{
		Outcome: pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY, AccountId: theSecret, AccountName: "of " + theSecret,
		Faults:   []*pluginv1.SettingFault{{Field: "api_key", Reason: theSecret, Hint: "refused: " + theSecret}},
		Warnings: []string{theSecret, strings.Repeat("x", 5000)},
	}, nil)
	response, err := w.test(theName, nil)
	if err != nil || strings.Contains(fmt.Sprint(response), theSecret) {
		t.Errorf("response = %v, %v; want no secret in it", response, err)
	}
	if long := response.GetWarnings()[1]; len(long) > 1100 {
		t.Errorf("a warning has %d bytes", len(long))
	}
}

// The plugin may ask for more than it did when the settings were saved.
func TestSavedSettingsThatNoLongerSuffice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create()
	newer := apitest.Description()
	newer.Settings[1].Required = true
	status, _ := w.plugins.Plugin("aftership")
	status.Description = newer
	w.plugins.Set(status)
	response, err := w.test(theName, nil)
	if err != nil || response.GetCheckState() != apiv1.CheckState_CHECK_STATE_FAILED ||
		response.GetFaults()[0].GetField() != "webhook_secret" {
		t.Errorf("response = %v, %v", response, err)
	}
}
