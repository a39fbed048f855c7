package webhook

import (
	"slices"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestDescription(t *testing.T) {
	t.Parallel()
	d := plugintest.New(t, Plugin(Operator{})).Describe()
	if d.GetName() != "webhook" || d.GetIdempotency() != pluginv1.Idempotency_IDEMPOTENCY_KEYED ||
		d.GetOrderingScope() != pluginv1.OrderingScope_ORDERING_SCOPE_ORDER || len(d.GetContracts()) != 2 {
		t.Errorf("description is %v", d)
	}
	fields := map[string]*pluginv1.SettingField{}
	for _, f := range d.GetSettings() {
		fields[f.GetName()] = f
		if f.GetHelp() == "" {
			t.Errorf("%s has no help", f.GetName())
		}
	}
	for _, secret := range []string{"signing_secret", "previous_signing_secret", "header_value"} {
		if fields[secret].GetKind() != pluginv1.SettingKind_SETTING_KIND_SECRET {
			t.Errorf("%s is %v", secret, fields[secret])
		}
	}
	for _, name := range []string{"url", "signing_secret"} {
		if !fields[name].GetRequired() {
			t.Errorf("%s is not required", name)
		}
	}
	for _, off := range []string{"include_personal_data", "include_extra_fields"} {
		if fields[off].GetDefaultValue() != "false" {
			t.Errorf("%s is %v", off, fields[off])
		}
	}
	for _, k := range kinds() {
		if !strings.Contains(fields["event_types"].GetHelp(), string(k)) {
			t.Errorf("the help does not name %s", k)
		}
	}
	for _, fact := range d.GetJoinedFacts() {
		want := map[pluginv1.OrderFact]string{
			pluginv1.OrderFact_ORDER_FACT_CUSTOMER:            "include_personal_data",
			pluginv1.OrderFact_ORDER_FACT_DESTINATION_ADDRESS: "include_personal_data",
			pluginv1.OrderFact_ORDER_FACT_EXTRA_FIELDS:        "include_extra_fields",
		}[fact.GetFact()]
		if fact.GetWhenSetting() != want {
			t.Errorf("%s is joined when %q, want %q", fact.GetFact(), fact.GetWhenSetting(), want)
		}
	}
	steps := strings.Join(d.GetSetupSteps(), "\n")
	for _, setting := range []string{"url", "signing_secret", "event_types", "include_personal_data", "check_with"} {
		if !strings.Contains(steps, setting) {
			t.Errorf("no set-up step says %q", setting)
		}
	}
}

// TestUnderTheKit sends a batch of both contracts as the host does, with the defaults
// of the settings.
func TestUnderTheKit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := plugintest.New(t, plugin(b.remote))
	settings := map[string]string{"url": b.server.URL}
	secrets := map[string]string{"signing_secret": webhooktest.Secret}
	for id, r := range host.Copy(settings, secrets, plugintest.Order("o1", anOrder().Order),
		plugintest.Order("o2", anOrder().Order)) {
		if r.GetOutcome() != isDelivered || !strings.HasPrefix(r.GetRemoteId(), "msg_") || r.GetHttpStatus() != 200 {
			t.Errorf("%s: %v", id, r)
		}
	}
	for id, r := range host.Forward(settings, secrets, plugintest.Tracking("t1", "1Z1"),
		plugintest.Tracking("t2", "1Z2")) {
		if r.GetOutcome() != isDelivered {
			t.Errorf("%s: %v", id, r)
		}
	}
	var types []string
	for _, e := range b.noProblems(t, 4) {
		types = append(types, e.Type)
		if e.Data["merchant_id"] != "merchant-1" {
			t.Errorf("merchant is %v", e.Data["merchant_id"])
		}
	}
	slices.Sort(types)
	if got := strings.Join(types, " "); got != "order.created order.created tracking.created tracking.created" {
		t.Errorf("types are %s", got)
	}
}
