package app_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// zohoConnection is one to the first organisation of a stand-in.
func zohoConnection(base string, change ...func(*apiv1.Connection)) *apiv1.Connection {
	connection := &apiv1.Connection{
		Plugin: "zoho",
		Settings: map[string]string{
			"api_base_url": base, "organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID,
		},
		Secrets: map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken},
	}
	for _, f := range change {
		f(connection)
	}
	return connection
}

// connectZoho connects a merchant to Zoho.
func (s *server) connectZoho(merchant string, connection *apiv1.Connection) *apiv1.Connection {
	s.t.Helper()
	answer, err := s.connections.CreateConnection(s.t.Context(), &apiv1.CreateConnectionRequest{
		Parent: merchant, ConnectionId: "zoho", Connection: connection,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.GetConnection()
}

// startZoho starts a server with a merchant that has a connection to an organisation
// of a stand-in.
func startZoho(t *testing.T, items ...zohotest.Item) (s *server, booked zohotest.Org, merchant string) {
	t.Helper()
	stand := zohotest.New(zohotest.WithItems(items...))
	t.Cleanup(func() {
		for _, v := range stand.Violations() {
			t.Errorf("Zoho was used in a wrong way: %+v", v)
		}
	})
	s = start(t)
	s.await("the plugin", func() error { return s.app.AwaitPlugin(t.Context(), "zoho") })
	merchant = s.merchant("acme")
	s.connectZoho(merchant, zohoConnection(stand.Start(t)))
	return s, stand.Org(""), merchant
}

// awaitOn waits until the last delivery of a tracking number, or without one of an
// order, to a connection is in a state.
func (s *server) awaitOn(
	merchant, connection, orderID, number string, state apiv1.DeliveryState,
) (last *apiv1.Delivery) {
	s.t.Helper()
	s.await(fmt.Sprintf("delivery of %s %s to %s", orderID, number, connection), func() error {
		answer, err := s.deliveries.ListDeliveries(s.t.Context(), &apiv1.ListDeliveriesRequest{
			Parent: merchant, Connection: merchant + "/connections/" + connection, OrderId: orderID,
		})
		if err != nil {
			return err
		}
		for _, d := range answer.GetDeliveries() {
			if d.GetTrackingNumber() != number {
				continue
			}
			if last = d; d.GetState() != state {
				return fmt.Errorf("is %s (%s: %s)", d.GetState(), d.GetReason(), d.GetHint())
			}
			return nil
		}
		return errors.New("there is none")
	})
	return last
}

// wantSalesOrder fails unless a sales order has these facts; quantities are by SKU.
func wantSalesOrder(
	t *testing.T, booked zohotest.Org, number, status string, total zohotest.Decimal, quantities map[string]string,
) {
	t.Helper()
	there, ok := booked.Order(number)
	if !ok {
		t.Fatalf("there is no sales order %q", number)
	}
	have := map[string]string{}
	for _, line := range there.Lines {
		have[line.SKU] = string(line.Quantity)
	}
	if there.Status != status || there.Total != total || there.Reference != number || !maps.Equal(have, quantities) {
		t.Errorf("%s is %s, %s, reference %q, with %v; want %s, %s, with %v", number, there.Status, there.Total,
			there.Reference, have, status, total, quantities)
	}
}

// wantPackage fails unless a tracking number has one shipment of UPS with one package;
// quantities are by SKU.
func wantPackage(t *testing.T, booked zohotest.Org, number string, quantities map[string]string) {
	t.Helper()
	found := 0
	for _, shipment := range booked.Shipments() {
		if shipment.TrackingNumber != number {
			continue
		}
		found++
		have := map[string]string{}
		for _, p := range booked.Packages() {
			for _, line := range p.Lines {
				if slices.Contains(shipment.PackageIDs, p.ID) {
					have[line.SKU] = string(line.Quantity)
				}
			}
		}
		if shipment.DeliveryMethod != "UPS" || shipment.Date != "2026-11-20" || len(shipment.PackageIDs) != 1 ||
			!maps.Equal(have, quantities) {
			t.Errorf("the shipment of %s is %+v with %v, want %v", number, shipment, have, quantities)
		}
	}
	if found != 1 {
		t.Errorf("%s has %d shipments", number, found)
	}
}
