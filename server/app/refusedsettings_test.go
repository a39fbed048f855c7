package app_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/config"
)

// putPicky puts a version of the test plugin that refuses a value of its setting "mode",
// at each delivery, and tells so when it is asked if it judges settings.
func putPicky(t *testing.T, dir, version, judges, refuses string) {
	t.Helper()
	putTrailer(t, dir, map[string]any{
		"Description": ledgerDescription(version, keyed, `{"name":"mode","kind":"SETTING_KIND_TEXT"}`),
		"Judges":      judges, "Refuses": map[string]string{"mode": refuses},
	})
}

func withMode(mode string) func(*apiv1.Connection) {
	return func(c *apiv1.Connection) { c.Settings["mode"] = mode }
}

func (f *flow) setMode(mode string) error {
	_, err := f.s.connections.UpdateConnection(f.s.t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{
			Name: f.merchant + "/connections/aftership", Settings: map[string]string{"mode": mode},
		},
	})
	return err
}

// awaitStory waits until what is told of an order has all the texts.
func (s *server) awaitStory(merchant, orderID string, texts ...string) {
	s.t.Helper()
	s.await("the story of "+orderID, func() error {
		answer, err := s.orders.Explain(s.t.Context(), &apiv1.ExplainRequest{
			Parent: merchant, Subject: &apiv1.ExplainRequest_OrderId{OrderId: orderID},
		})
		if err != nil {
			return err
		}
		for _, text := range texts {
			if !strings.Contains(answer.String(), text) {
				return fmt.Errorf("no %q in %v", text, answer)
			}
		}
		return nil
	})
}

// wantState fails unless so many deliveries of the merchant are in the state.
func (s *server) wantState(merchant string, state apiv1.DeliveryState, want int) {
	s.t.Helper()
	answer, err := s.deliveries.ListDeliveries(s.t.Context(), &apiv1.ListDeliveriesRequest{Parent: merchant, State: state})
	if err != nil || len(answer.GetDeliveries()) != want {
		s.t.Errorf("%d of %s are %s, want %d: %v, %v",
			len(answer.GetDeliveries()), merchant, state, want, answer.GetDeliveries(), err)
	}
}

// Settings that only a version of the plugin refuses keep it away with the connection's
// name or pause that lane alone; one that tells it no sooner than at a delivery pauses the
// lane then. Nothing fails, the story says why, and the edit lets everything go (promises
// P2, P5, P6 and P10).
func TestSettingsThatOnlyAVersionRefuses(t *testing.T) {
	t.Parallel()
	plugins := t.TempDir()
	putPicky(t, plugins, "1.0.0", "faults", "never")
	s := startWith(t, "ledger", t.TempDir(), func(c *config.Config) { c.PluginDirs = []string{plugins} })
	acme, other := s.newFlow("acme", withMode("old")), s.newFlow("umbrella", withMode("good"))
	const refusal = "connection.settings[mode] is refused by plugin ledger: There is no such thing any more"
	pass := func(flows ...*flow) {
		t.Helper()
		for _, f := range flows {
			f.submit()
			f.arrived()
		}
	}
	pass(acme, other)

	putPicky(t, plugins, "2.0.0", "faults", "old")
	_, err := s.upgrade(false)
	apitest.WantError(t, err, codes.FailedPrecondition, "PLUGIN_UPGRADE_REFUSED",
		"1 connections do not suit it: merchants/acme/connections/aftership: "+refusal)
	if version := s.ledgerPlugin().GetVersion(); version != "1.0.0" {
		t.Errorf("after the refusal there is %s", version)
	}
	pass(acme, other)
	if _, err := s.upgrade(true); err != nil {
		t.Fatal(err)
	}
	acme.submit()
	pass(other)
	s.wantPaused(acme)
	s.awaitStory(acme.merchant, fmt.Sprintf("O-%d", acme.sent), "paused", "UpdateConnection", refusal)
	apitest.WantInvalid(t, acme.setMode("old"), "connection.settings[mode]", "is refused by plugin ledger")
	if err := acme.setMode("fine"); err != nil {
		t.Fatal(err)
	}
	acme.arrived()

	// This one says nothing before it has to send.
	putPicky(t, plugins, "3.0.0", "", "fine")
	if _, err := s.upgrade(false); err != nil {
		t.Fatal(err)
	}
	acme.submit()
	acme.submit()
	s.awaitStory(acme.merchant, fmt.Sprintf("O-%d", acme.sent), "paused", "UpdateConnection", "SETTINGS_INVALID",
		"mode: There is no such thing any more")
	pass(other)
	s.wantState(acme.merchant, apiv1.DeliveryState_DELIVERY_STATE_FAILED, 0)
	s.wantState(acme.merchant, apiv1.DeliveryState_DELIVERY_STATE_PENDING, 2)
	if got := acme.entered(); got != acme.sent-2 {
		t.Errorf("a paused lane sent %d of %d", got, acme.sent)
	}
	// The next version would refuse it too, which is no news.
	putPicky(t, plugins, "4.0.0", "faults", "fine")
	if _, err := s.upgrade(false); err != nil {
		t.Fatal(err)
	}
	if err := acme.setMode("good"); err != nil {
		t.Fatal(err)
	}
	acme.arrived()
}

// A version that does not answer whether it takes the settings does not come.
func TestVersionThatDoesNotJudge(t *testing.T) {
	t.Parallel()
	plugins := t.TempDir()
	putPicky(t, plugins, "1.0.0", "faults", "never")
	s := startWith(t, "ledger", t.TempDir(), func(c *config.Config) { c.PluginDirs = []string{plugins} })
	acme := s.newFlow("acme", withMode("good"))
	putPicky(t, plugins, "2.0.0", "death", "never")
	_, err := s.upgrade(true)
	apitest.WantError(t, err, codes.FailedPrecondition, "PLUGIN_START_FAILED",
		"version 2.0.0: it does not answer when asked about the settings of merchants/acme/connections/aftership")
	if plugin := s.ledgerPlugin(); plugin.GetVersion() != "1.0.0" ||
		plugin.GetUpgrade().GetState() != apiv1.PluginUpgradeState_PLUGIN_UPGRADE_STATE_FAILED {
		t.Errorf("after it = %v", plugin)
	}
	acme.submit()
	acme.arrived()
}

// What the kit's New refuses is refused by field at the edit. Settings that were good once
// pause their lane, over a restart, and nothing fails for them (promises P2 and P6).
//
//nolint:paralleltest // It sets the environment of the plugin.
func TestSettingsThatThePluginDoesNotTakeAnyMore(t *testing.T) {
	const networks = "SPURLINE_PLUGIN_WEBHOOK_ALLOW_NETWORKS"
	receiver := webhooktest.New(webhooktest.Secret)
	url := startReceiver(t, receiver)
	dir := t.TempDir()
	t.Setenv(networks, "127.0.0.0/8")
	s := startWith(t, "webhook", dir)
	acme := s.merchant("acme")
	connection := s.webhookTo(acme, url)
	s.submitTracking(acme, "A-1", parcel(numberOne))
	s.awaitDelivered(acme, numberOne)
	s.stop()

	t.Setenv(networks, "")
	s = startWith(t, "webhook", dir)
	s.submitTracking(acme, "A-2", parcel(numberTwo))
	s.awaitStory(acme, "A-2", "paused", "UpdateConnection", "SETTINGS_INVALID", "url: ")
	s.wantState(acme, apiv1.DeliveryState_DELIVERY_STATE_FAILED, 0)
	s.wantState(acme, apiv1.DeliveryState_DELIVERY_STATE_PENDING, 1)
	edit := func() error {
		_, err := s.connections.UpdateConnection(t.Context(), &apiv1.UpdateConnectionRequest{
			Connection: &apiv1.Connection{Name: connection.GetName(), Settings: map[string]string{"url": url + "/again"}},
		})
		return err
	}
	apitest.WantInvalid(t, edit(), "connection.settings[url]", "is refused by plugin webhook")
	if taken := len(receiver.Taken()); taken != 1 {
		t.Errorf("%d events arrived", taken)
	}
	s.stop()

	t.Setenv(networks, "127.0.0.0/8")
	s = startWith(t, "webhook", dir)
	if err := edit(); err != nil {
		t.Fatal(err)
	}
	s.awaitDelivered(acme, numberTwo)
	if taken := len(receiver.Taken()); taken != 2 {
		t.Errorf("%d events arrived", taken)
	}
}
