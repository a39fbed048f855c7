package validation_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/validation"
)

func submit(order *commercev1.Order) *apiv1.SubmitOrderRequest {
	return &apiv1.SubmitOrderRequest{Parent: "merchants/acme", Order: order}
}

func TestMessageNamesFieldAndRuleNeverTheValue(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-value"
	line := func(quantity string) *commercev1.LineItem { return &commercev1.LineItem{Quantity: quantity} }
	for name, tc := range map[string]struct {
		message     proto.Message
		field, rule string
	}{
		"merchant's name": {
			&apiv1.SubmitOrderRequest{Parent: "shops/acme", Order: &commercev1.Order{OrderId: "1"}},
			"parent", `must be "merchants/{merchant}"`,
		},
		"absent order":   {submit(nil), "order", "must be present"},
		"empty order id": {submit(&commercev1.Order{}), "order.order_id", "must be 1 to 128 printable characters"},
		"quantity": {
			submit(&commercev1.Order{OrderId: "1", LineItems: []*commercev1.LineItem{line("1"), line(secret)}}),
			"order.line_items[1].quantity", "must be a decimal number",
		},
		"amount": {
			submit(&commercev1.Order{OrderId: "1", Totals: &commercev1.OrderTotals{
				Tax: &commercev1.Money{CurrencyCode: "USD", Amount: secret},
			}}),
			"order.totals.tax.amount", `such as "19.90"`,
		},
		"undefined enum": {
			submit(&commercev1.Order{OrderId: "1", Status: 99}),
			"order.status", "must be one of ORDER_STATUS_UNSPECIFIED, ORDER_STATUS_OPEN",
		},
		"unit of weight": {
			&apiv1.SubmitTrackingRequest{Parent: "merchants/acme", Shipment: &commercev1.Shipment{
				OrderId: "1",
				Parcels: []*commercev1.Parcel{{TrackingNumber: "1Z", Weight: &commercev1.Weight{Value: "1"}}},
			}},
			"shipment.parcels[0].weight.unit", "must be one of WEIGHT_UNIT_GRAM",
		},
		"no parcels": {
			&apiv1.SubmitTrackingRequest{
				Parent: "merchants/acme", Shipment: &commercev1.Shipment{OrderId: "1"},
			},
			"shipment.parcels", "must have at least 1 element",
		},
		"long text": {
			submit(&commercev1.Order{OrderId: "1", OrderNumber: proto.String(strings.Repeat(secret, 20))}),
			"order.order_number", "must have at most 128 characters",
		},
		"long extra field": {
			submit(&commercev1.Order{
				OrderId: "1", ExtraFields: map[string]string{"asin": strings.Repeat(secret, 1000)},
			}),
			"order.extra_fields[asin]", "must have at most 8192 bytes",
		},
		"long key": {
			submit(&commercev1.Order{
				OrderId: "1", ExtraFields: map[string]string{strings.Repeat("k", 129): "v"},
			}),
			"order.extra_fields[" + strings.Repeat("k", 64) + "…]", "its key must have at most 128 characters",
		},
		"empty secret": {
			&apiv1.UpdateConnectionRequest{Connection: &apiv1.Connection{Secrets: map[string]string{"api_key": ""}}},
			"connection.secrets[api_key]", "must not be empty",
		},
		"long wait": {
			&apiv1.UpdateConnectionRequest{
				Connection: &apiv1.Connection{WaitForOrder: durationpb.New(200 * time.Hour)},
			},
			"connection.wait_for_order", "must be between 0s and 168h0m0s",
		},
		"negative page size": {
			&apiv1.ListMerchantsRequest{PageSize: -1}, "page_size", "must be at least 0",
		},
		"empty batch": {
			&apiv1.SubmitBatchRequest{Parent: "merchants/acme"}, "items", "must have at least 1 element",
		},
		"item without a record": {&apiv1.SubmitItem{}, "order", "set order or shipment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := validation.Message(tc.message)
			if status.Code(err) != codes.InvalidArgument {
				t.Fatalf("error = %v, want INVALID_ARGUMENT", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("error shows the value: %v", err)
			}
			violations := fieldViolations(err)
			if len(violations) != 1 || violations[0].GetField() != tc.field ||
				!strings.Contains(violations[0].GetDescription(), tc.rule) {
				t.Errorf("violations = %v, want field %q and rule %q", violations, tc.field, tc.rule)
			}
		})
	}
}

func TestMessageNamesAllFieldsAtOnce(t *testing.T) {
	t.Parallel()
	err := validation.Message(&apiv1.SubmitOrderRequest{
		Parent: "acme", Order: &commercev1.Order{CurrencyCode: proto.String("usd")},
	})
	if got := len(fieldViolations(err)); got != 3 {
		t.Errorf("%d violations in %v, want 3", got, err)
	}
}

func TestMessageBoundsWhatItNames(t *testing.T) {
	t.Parallel()
	order := &commercev1.Order{OrderId: "1"}
	for range 5000 {
		order.LineItems = append(order.LineItems, &commercev1.LineItem{Quantity: "x"})
	}
	err := validation.Message(submit(order))
	if got := proto.Size(status.Convert(err).Proto()); got > 8<<10 {
		t.Errorf("error has %d bytes, some clients take 8 KiB", got)
	}
	violations := fieldViolations(err)
	if last := violations[len(violations)-1].GetDescription(); !strings.Contains(last, "4960 more") {
		t.Errorf("last violation = %q, want the number of those left out", last)
	}
}

func TestMessageLeavesItemsOfABatchToTheHandler(t *testing.T) {
	t.Parallel()
	err := validation.Message(&apiv1.SubmitBatchRequest{
		Parent: "merchants/acme", Items: []*apiv1.SubmitItem{{}},
	})
	if err != nil {
		t.Errorf("error = %v, want none: a bad item fails alone", err)
	}
}

func fieldViolations(err error) []*errdetails.BadRequest_FieldViolation {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			return bad.GetFieldViolations()
		}
	}
	return nil
}
