package aftership

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestDescription(t *testing.T) {
	t.Parallel()
	d := plugintest.New(t, Plugin()).Describe()
	if d.GetName() != "aftership" || d.GetTitle() != "AfterShip" ||
		d.GetOrderingScope() != pluginv1.OrderingScope_ORDERING_SCOPE_TRACKING_NUMBER ||
		d.GetIdempotency() != pluginv1.Idempotency_IDEMPOTENCY_LOOKUP ||
		!slices.Equal(d.GetContracts(), []pluginv1.Contract{pluginv1.Contract_CONTRACT_TRACKING_FORWARD}) {
		t.Errorf("description is %v", d)
	}
	steps := strings.Join(d.GetSetupSteps(), "\n")
	for _, step := range []string{
		"Sign up", "Settings > API", "description", "Generate", "Copy", "send_customer_contact",
	} {
		if !strings.Contains(steps, step) {
			t.Errorf("no set-up step says %q", step)
		}
	}
	fields := map[string]*pluginv1.SettingField{}
	for _, f := range d.GetSettings() {
		fields[f.GetName()] = f
	}
	var choices, served []string
	for _, c := range fields["api_generation"].GetChoices() {
		choices = append(choices, c.GetValue())
	}
	for _, g := range generations() {
		served = append(served, g.name)
	}
	if !slices.Equal(choices, served) || fields["api_generation"].GetDefaultValue() != defaultGeneration {
		t.Errorf("choices are %q, versions %q", choices, served)
	}
	if f := fields["api_key"]; f.GetKind() != pluginv1.SettingKind_SETTING_KIND_SECRET || !f.GetRequired() {
		t.Errorf("api_key is %v", f)
	}
	for _, off := range []string{"send_customer_contact", "update_existing"} {
		if fields[off].GetDefaultValue() != "false" {
			t.Errorf("%s is %v", off, fields[off])
		}
	}
	if !strings.Contains(fields["send_customer_contact"].GetHelp(), "cannot notify customers") {
		t.Error("the help does not say what the contact is for")
	}
	if fields["base_url"].GetDefaultValue() != defaultBaseURL {
		t.Errorf("base_url is %v", fields["base_url"])
	}
	for _, fact := range d.GetJoinedFacts() {
		personal := fact.GetFact() == pluginv1.OrderFact_ORDER_FACT_CUSTOMER
		if personal && fact.GetWhenSetting() != "send_customer_contact" {
			t.Error("the customer is joined without having been chosen")
		}
	}
}

// TestServedGenerations holds the plugin's list of versions against the
// stand-in's.
func TestServedGenerations(t *testing.T) {
	t.Parallel()
	var served []aftershiptest.Generation
	for _, g := range generations() {
		served = append(served, aftershiptest.Generation(g.name))
	}
	slices.Reverse(served)
	if !slices.Equal(served, aftershiptest.Generations()) {
		t.Errorf("versions are %q", served)
	}
	if _, ok := findGeneration("2022-01"); ok {
		t.Error("a version that never was is found")
	}
}

func TestSettingsThatCannotWork(t *testing.T) {
	t.Parallel()
	host := plugintest.New(t, Plugin())
	secrets := map[string]string{"api_key": "a-key-that-is-secret"}
	for name, settings := range map[string]map[string]string{
		"generation": {"api_generation": "2022-01"},
		"slugs":      {"courier_slugs": "UPS"},
		"address":    {"base_url": "ftp://example.com"},
		"bool":       {"update_existing": "perhaps"},
	} {
		r := host.Check(settings, secrets)
		if r.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY || len(r.GetFaults()) == 0 {
			t.Errorf("%s: result is %v", name, r)
		}
	}
	for _, key := range []string{"", "a key with spaces", "ä-key-of-letters"} {
		r := host.Check(nil, map[string]string{"api_key": key})
		if r.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY {
			t.Errorf("key %q: result is %v", key, r)
		}
	}
	env := sdk.Env{HTTP: sdk.NewClient()}
	if _, err := newForwarder(env, Settings{Generation: "2022-01"}, newGates()); err == nil {
		t.Error("an unknown version is accepted")
	}
	f, err := newForwarder(env, Settings{}, newGates())
	if err != nil || f.client.base != defaultBaseURL || f.client.generation.name != defaultGeneration {
		t.Errorf("emptied settings are not the defaults: %+v, %v", f, err)
	}
}

// TestThroughTheKit goes the whole way of a record: over gRPC, as the host calls
// a plugin, to the stand-in and back. The host's secrets are canaries.
func TestThroughTheKit(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	host := plugintest.New(t, Plugin())
	settings := map[string]string{"base_url": stand.Start(t)}
	secrets := map[string]string{"api_key": aftershiptest.ValidKey}
	if r := host.Check(settings, secrets); r.GetOutcome() != pluginv1.CheckOutcome_CHECK_OUTCOME_OK ||
		r.GetAccountId() == "" || len(r.GetWarnings()) != 1 {
		t.Errorf("check is %v", r)
	}
	first, second := plugintest.Tracking("d1", dhlNumber), plugintest.Tracking("d2", upsNumber)
	first.Record.Order = &commercev1.Order{
		OrderSource: new("webshop"), ShipTo: &commercev1.Address{CountryCode: new("DEU")},
	}
	shown, err := host.PreviewTracking(settings, secrets, first)
	if err != nil || !strings.Contains(shown.GetRequests()[0].GetBody(), dhlNumber) {
		t.Errorf("preview is %v, %v", shown, err)
	}
	results := host.Forward(settings, secrets, first, second)
	for id, r := range results {
		if r.GetOutcome() != isDelivered || r.GetRemoteId() == "" || r.GetHttpStatus() != 201 || len(r.GetState()) == 0 {
			t.Errorf("%s: result is %v", id, r)
		}
	}
	edited := plugintest.Tracking("d3", dhlNumber)
	edited.Header.RemoteId, edited.Header.State = results["d1"].GetRemoteId(), results["d1"].GetState()
	edited.Record.OrderId = "another order"
	if r := host.Forward(settings, secrets, edited)["d3"]; r.GetOutcome() != isDelivered {
		t.Errorf("edit is %v", r)
	}
	if got := stand.Trackings()[0]; len(stand.Trackings()) != 2 && got.Fact(aftershiptest.V202607, "order_id") == "" {
		t.Errorf("kept %+v", stand.Trackings())
	}
	for _, bad := range []aftershiptest.Fault{
		aftershiptest.Status(401), aftershiptest.Status(500), aftershiptest.Limited(time.Hour, 0).On("POST", ""),
		aftershiptest.Body(400, "application/json",
			`{"meta":{"code":400,"message":"key `+aftershiptest.ValidKey+` is odd"},"data":{}}`),
	} {
		stand.Script(bad)
		host.Forward(settings, secrets, plugintest.Tracking("d4", upsNumber))
	}
}
