package app_test

import (
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/config"
)

// webhookTo connects a merchant to a receiver.
func (s *server) webhookTo(merchant, url string) *apiv1.Connection {
	s.t.Helper()
	answer, err := s.connections.CreateConnection(s.t.Context(), &apiv1.CreateConnectionRequest{
		Parent: merchant, ConnectionId: "webhook", Connection: &apiv1.Connection{
			Plugin: "webhook", Settings: map[string]string{"url": url},
			Secrets: map[string]string{"signing_secret": webhooktest.Secret},
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.GetConnection()
}

// startWebhook starts a server that trusts the certificate of a receiver and, if
// networks is not empty, lets the plugin send there. The variables reach the plugin
// through the host (so the test cannot run beside others).
func startWebhook(
	t *testing.T, receiver *webhooktest.Receiver, networks string, change ...func(*config.Config),
) (s *server, url string) {
	t.Helper()
	url = startReceiver(t, receiver)
	t.Setenv("SPURLINE_PLUGIN_WEBHOOK_ALLOW_NETWORKS", networks)
	s = start(t, change...)
	s.await("the webhook plugin", func() error { return s.app.AwaitPlugin(t.Context(), "webhook") })
	return s, url
}

// startReceiver starts a receiver, has plugins trust its certificate, and returns where
// it takes events.
func startReceiver(t *testing.T, receiver *webhooktest.Receiver) string {
	t.Helper()
	listening := receiver.StartTLS(t)
	certificate := filepath.Join(t.TempDir(), "receiver.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: listening.Certificate().Raw})
	if err := os.WriteFile(certificate, block, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", certificate)
	return listening.URL + "/hooks"
}

// TestWebhookMainJob: an order, its tracking and their edits arrive signed, in turn,
// each once, through a receiver that fails at first; nothing personal goes along.
//
//nolint:paralleltest // It sets the environment of the plugin.
func TestWebhookMainJob(t *testing.T) {
	receiver := webhooktest.New(webhooktest.Secret)
	receiver.Script(webhooktest.Status(500), webhooktest.Reset().AfterTaking(), webhooktest.Status(503))
	s, url := startWebhook(t, receiver, "127.0.0.0/8")
	acme := s.merchant("acme")
	s.webhookTo(acme, url)

	submitted := order(" A/1 №7 ", "amazon", "DE")
	submitted.Customer = &commercev1.Customer{Name: proto.String("Erika Mustermann")}
	submitted.ShipTo.Lines = []string{"Heidestraße 17"}
	s.submitOrder(acme, submitted)
	s.submitTracking(acme, submitted.GetOrderId(), parcel(numberOne))
	s.awaitDelivered(acme, numberOne)
	edited := proto.Clone(submitted).(*commercev1.Order)
	edited.ShippingMethod = proto.String("Express")
	s.submitOrder(acme, edited)
	voided := parcel(numberOne)
	voided.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
	s.submitTracking(acme, submitted.GetOrderId(), voided)

	// The method is joined to tracking, so the edit is told of the parcel too, unless
	// it is voided by then.
	want := []string{"order.created", "order.updated", "tracking.created", "tracking.voided"}
	s.await("the events", func() error {
		told := map[string]bool{}
		for _, e := range receiver.Taken() {
			told[e.Type] = true
		}
		for _, kind := range want {
			if !told[kind] {
				return errors.New("no " + kind)
			}
		}
		return nil
	})
	s.awaitDelivered(acme, numberOne)
	position := map[string]int{}
	for i, e := range receiver.Taken() {
		position[e.Type] = i
		if e.Record["order_id"] != " A/1 №7 " || e.Data["merchant_id"] != "acme" || e.Matches != 1 {
			t.Errorf("event is %s", e.Raw)
		}
		for _, private := range []string{"Erika", "Heidestraße"} {
			if strings.Contains(string(e.Raw), private) {
				t.Errorf("%q is in %s", private, e.Raw)
			}
		}
	}
	if position["order.created"] != 0 || position["order.updated"] < position["order.created"] ||
		position["tracking.voided"] != len(receiver.Taken())-1 {
		t.Errorf("events came in the order %v", position)
	}
	for _, e := range receiver.Journal() {
		if len(e.Problems) > 0 {
			t.Errorf("problems of %s: %q", e.Raw, e.Problems)
		}
	}
	delivery := s.awaitState(acme, numberOne, apiv1.DeliveryState_DELIVERY_STATE_DELIVERED)
	if !strings.HasPrefix(delivery.GetRemoteId(), "msg_") || delivery.GetLastAttempt().GetHttpStatus() != 200 {
		t.Errorf("delivery: %v", delivery)
	}
	s.stop()
	wantNowhere(t, "the log", s.log.String(), webhooktest.Secret)
}

// TestWebhookIntoPrivateNetwork: without a word of the operator, nothing is sent to
// the networks behind the server, whatever a merchant enters, and the story tells
// what to do (promises P6 and P10).
//
//nolint:paralleltest // It sets the environment of the plugin.
func TestWebhookIntoPrivateNetwork(t *testing.T) {
	receiver := webhooktest.New(webhooktest.Secret)
	s, url := startWebhook(t, receiver, "")
	acme := s.merchant("acme")
	// A name, which is judged by what it resolves to.
	connection := s.webhookTo(acme, strings.Replace(url, "127.0.0.1", "localhost", 1))
	s.submitTracking(acme, "A-1", parcel(numberOne))
	s.await("the lane to pause", func() error {
		story, err := s.orders.Explain(t.Context(), &apiv1.ExplainRequest{
			Parent: "merchants/-", Subject: &apiv1.ExplainRequest_OrderId{OrderId: "A-1"},
		})
		if err != nil {
			return err
		}
		if text := story.String(); !strings.Contains(text, "paused") ||
			!strings.Contains(text, "SPURLINE_PLUGIN_WEBHOOK_ALLOW_NETWORKS") {
			return fmt.Errorf("the story is %s", text)
		}
		return nil
	})
	test, err := s.connections.TestConnection(t.Context(), &apiv1.TestConnectionRequest{Name: connection.GetName()})
	if err != nil || !strings.Contains(test.String(), "ADDRESS_REFUSED") {
		t.Errorf("test of the connection: %v, %v", test, err)
	}
	if journal := receiver.Journal(); len(journal) != 0 {
		t.Errorf("%d requests arrived", len(journal))
	}
}
