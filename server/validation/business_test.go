package validation_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/validation"
)

func TestOrderRules(t *testing.T) {
	t.Parallel()
	country := func(code string) *commercev1.Address { return &commercev1.Address{CountryCode: &code} }
	for name, tc := range map[string]struct {
		order *commercev1.Order
		field string
		rule  string
	}{
		"id of spaces":      {&commercev1.Order{OrderId: " \u00a0\u3000"}, "order.order_id", "more than spaces"},
		"reserved country":  {&commercev1.Order{ShipTo: country("UK")}, "order.ship_to.country_code", "ISO 3166-1"},
		"withdrawn country": {&commercev1.Order{BillTo: country("YUG")}, "order.bill_to.country_code", "ISO 3166-1"},
		"unknown currency":  {&commercev1.Order{CurrencyCode: proto.String("ABC")}, "order.currency_code", "ISO 4217"},
		"currency of a line": {
			&commercev1.Order{LineItems: []*commercev1.LineItem{{Tax: &commercev1.Money{CurrencyCode: "QQQ"}}}},
			"order.line_items[0].tax.currency_code", "ISO 4217",
		},
		"day that does not exist": {
			&commercev1.Order{RequestedShipDate: proto.String("2026-02-30")},
			"order.requested_ship_date", "a day that exists",
		},
		"time that does not exist": {
			&commercev1.Order{OrderTime: &timestamppb.Timestamp{Seconds: 1 << 50}}, "order.order_time", "years",
		},
		"line id twice": {
			&commercev1.Order{LineItems: []*commercev1.LineItem{
				{LineId: proto.String("a")},
				{},
				{LineId: proto.String("a")},
			}},
			"order.line_items[2].line_id", "order.line_items[0] has the same",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, validation.Order(tc.order, "order"), tc.field, tc.rule)
		})
	}
}

func TestShipmentRules(t *testing.T) {
	t.Parallel()
	parcel := &commercev1.Parcel{TrackingNumber: "1Z"}
	for name, tc := range map[string]struct {
		shipment *commercev1.Shipment
		field    string
		rule     string
	}{
		"country": {
			&commercev1.Shipment{Destination: &commercev1.Address{CountryCode: proto.String("ZZ")}},
			"shipment.destination.country_code", "ISO 3166-1",
		},
		"order id of spaces": {
			&commercev1.Shipment{OrderId: "  "}, "shipment.order_id", "more than spaces",
		},
		"only spaces": {
			&commercev1.Shipment{Parcels: []*commercev1.Parcel{parcel, {TrackingNumber: " \u00a0\u3000"}}},
			"shipment.parcels[1].tracking_number", "more than spaces",
		},
		"ship date": {
			&commercev1.Shipment{Parcels: []*commercev1.Parcel{
				{TrackingNumber: "1Z", ShipDate: proto.String("2025-02-29")},
			}},
			"shipment.parcels[0].ship_date", "a day that exists",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, validation.Shipment(tc.shipment, "shipment"), tc.field, tc.rule)
		})
	}
}

func expect(t *testing.T, violations []fault.Violation, field, rule string) {
	t.Helper()
	if len(violations) != 1 || violations[0].Field != field || !strings.Contains(violations[0].Rule, rule) {
		t.Errorf("violations = %v, want field %q and rule %q", violations, field, rule)
	}
}

func TestGoodRecordsBreakNoRule(t *testing.T) {
	t.Parallel()
	order := &commercev1.Order{
		OrderId: " 1 ", CurrencyCode: proto.String(""), RequestedShipDate: proto.String("2024-02-29"),
		ShipTo: &commercev1.Address{CountryCode: proto.String("gbr")}, OrderTime: timestamppb.Now(),
	}
	if got := validation.Order(order, "order"); got != nil {
		t.Errorf("violations = %v, want none", got)
	}
	shipment := &commercev1.Shipment{OrderId: "1", Parcels: []*commercev1.Parcel{
		{TrackingNumber: "1z"},
		{TrackingNumber: "1 Z"},
	}}
	if got := validation.Shipment(shipment, "shipment"); got != nil {
		t.Errorf("violations = %v, want none", got)
	}
}

func TestAssignedCountriesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	count := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if validation.AssignedCountry(fmt.Sprintf("%c%c", a, b)) {
				count++
			}
		}
	}
	if count != 249+1 {
		t.Errorf("%d codes pass, want the 249 assigned ones and Kosovo's", count)
	}
	for code, want := range map[string]bool{
		"de": true, "DEU": true, "xk": true, "XKX": true,
		"276": false, "UK": false, "XKK": false, "SUN": false, "D": false, "": false,
	} {
		if got := validation.AssignedCountry(code); got != want {
			t.Errorf("AssignedCountry(%q) = %t, want %t", code, got, want)
		}
	}
}

func TestNumberKey(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"1z 999 aa1\u00a0": "1Z999AA1", "\u200bAB\t1\n": "AB1", "  ": "", "RR-123/4": "RR-123/4",
	} {
		if got := validation.NumberKey(number); got != want {
			t.Errorf("NumberKey(%q) = %q, want %q", number, got, want)
		}
	}
}

func FuzzNumberKey(f *testing.F) {
	f.Add("1z 999")
	f.Add("ǆ\u2003ß")
	f.Fuzz(func(t *testing.T, number string) {
		key := validation.NumberKey(number)
		if again := validation.NumberKey(key); again != key {
			t.Errorf("NumberKey(%q) = %q, whose own key is %q", number, key, again)
		}
	})
}
