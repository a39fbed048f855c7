package app_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// TestZohoLacksAnItem: an order with an unknown SKU fails with a hint that names it and
// keeps its tracking back; the item, or a mapping to another one, mends it (promises P4
// and P6).
func TestZohoLacksAnItem(t *testing.T) {
	t.Parallel()
	for name, mend := range map[string]func(s *server, booked zohotest.Org, failed *apiv1.Delivery){
		"item created, retried by hand": func(s *server, booked zohotest.Org, failed *apiv1.Delivery) {
			booked.AddItem(zohotest.Item{SKU: "MS-02"})
			_, err := s.deliveries.RetryDelivery(s.t.Context(), &apiv1.RetryDeliveryRequest{Name: failed.GetName()})
			if err != nil {
				s.t.Error(err)
			}
		},
		"SKU mapped": func(s *server, booked zohotest.Org, failed *apiv1.Delivery) {
			booked.AddItem(zohotest.Item{SKU: "MOUSE"})
			_, err := s.connections.UpdateConnection(s.t.Context(), &apiv1.UpdateConnectionRequest{
				Connection: &apiv1.Connection{
					Name: failed.GetConnection(), Settings: map[string]string{"sku_mapping": "MS-02=MOUSE"},
				},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"settings.sku_mapping"}},
			})
			if err != nil {
				s.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, booked, acme := startZoho(t, zohotest.Item{SKU: "LP-15"})
			s.submitOrder(acme, laptopsAndMice("A-1", "1", "126.89"))
			failed := s.awaitOn(acme, "zoho", "A-1", "", apiv1.DeliveryState_DELIVERY_STATE_FAILED)
			if failed.GetReason() != "SKU_UNKNOWN" || !strings.Contains(failed.GetHint(), "MS-02") ||
				strings.Contains(failed.GetHint(), "LP-15") {
				t.Errorf("failed with %s: %s", failed.GetReason(), failed.GetHint())
			}
			s.submitTracking(acme, "A-1", holding(numberOne, "MS-02", "1"))
			blocked := s.awaitState(acme, numberOne, apiv1.DeliveryState_DELIVERY_STATE_BLOCKED)
			if blocked.GetReason() != "WAITING_FOR_ORDER" || len(booked.Orders()) > 0 {
				t.Errorf("tracking is %v, with %d sales orders", blocked, len(booked.Orders()))
			}
			mend(s, booked, failed)
			s.awaitDelivered(acme, numberOne)
			there, _ := booked.Order("A-1")
			if there.Status != "partially_shipped" || there.Total != "126.89" || len(there.Lines) != 2 {
				t.Errorf("the sales order is %+v", there)
			}
			if shipments := booked.Shipments(); len(shipments) != 1 || shipments[0].TrackingNumber != numberOne {
				t.Errorf("shipments are %+v", shipments)
			}
		})
	}
}
