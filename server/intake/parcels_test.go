package intake

import (
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestParcelSaidTwiceIsNotPackedTwice, not even with another line in between.
func TestParcelSaidTwiceIsNotPackedTwice(t *testing.T) {
	t.Parallel()
	line := func(sku string) *commercev1.Parcel {
		return &commercev1.Parcel{
			TrackingNumber: "1Z9", Contents: []*commercev1.ParcelItem{{Sku: proto.String(sku), Quantity: "1"}},
		}
	}
	merged, violations := mergeParcels([]*commercev1.Parcel{line("A"), line("B"), line("A")}, "shipment")
	if len(violations) != 0 || len(merged) != 1 || len(merged[0].GetContents()) != 2 {
		t.Errorf("got %v and violations %v, want one parcel with A and B", merged, violations)
	}
}

func TestParcelsOfOneNumberAreJoined(t *testing.T) {
	t.Parallel()
	item := func(sku string) []*commercev1.ParcelItem {
		return []*commercev1.ParcelItem{{Sku: proto.String(sku), Quantity: "1"}}
	}
	parcel := func(change func(*commercev1.Parcel)) *commercev1.Parcel {
		p := &commercev1.Parcel{TrackingNumber: "1Z 9"}
		change(p)
		return p
	}
	tests := []struct {
		name   string
		second *commercev1.Parcel
		// want is the joined parcel, contradiction the field that is named instead.
		want          *commercev1.Parcel
		contradiction string
	}{
		{
			name:   "the same again",
			second: parcel(func(p *commercev1.Parcel) { p.Carrier, p.Contents = proto.String("UPS"), item("A") }),
			want:   parcel(func(p *commercev1.Parcel) { p.Carrier, p.Contents = proto.String("UPS"), item("A") }),
		},
		{
			name: "further contents, spelt differently",
			second: parcel(func(p *commercev1.Parcel) {
				p.TrackingNumber, p.Contents = "1z9", item("B")
			}),
			want: parcel(func(p *commercev1.Parcel) {
				p.Carrier, p.Contents = proto.String("UPS"), append(item("A"), item("B")...)
			}),
		},
		{
			name: "a fact that only the second has",
			second: parcel(func(p *commercev1.Parcel) {
				p.ShipDate, p.Status = proto.String("2026-11-20"), commercev1.ParcelStatus_PARCEL_STATUS_SHIPPED
				p.ExtraFields = map[string]string{"zone": "5"}
			}),
			want: parcel(func(p *commercev1.Parcel) {
				p.Carrier, p.Contents, p.ShipDate = proto.String("UPS"), item("A"), proto.String("2026-11-20")
				p.Status = commercev1.ParcelStatus_PARCEL_STATUS_SHIPPED
				p.ExtraFields = map[string]string{"zone": "5"}
			}),
		},
		{
			name:          "another carrier",
			second:        parcel(func(p *commercev1.Parcel) { p.Carrier = proto.String("DHL") }),
			contradiction: "shipment.parcels[1].carrier",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			first := parcel(func(p *commercev1.Parcel) { p.Carrier, p.Contents = proto.String("UPS"), item("A") })
			before := proto.Clone(first)
			merged, violations := mergeParcels([]*commercev1.Parcel{first, test.second}, "shipment")
			if test.contradiction != "" {
				if len(violations) != 1 || violations[0].Field != test.contradiction {
					t.Errorf("violations: %v, want %s", violations, test.contradiction)
				}
				return
			}
			if len(violations) != 0 || len(merged) != 1 || !proto.Equal(merged[0], test.want) {
				t.Errorf("got %v and violations %v, want %v", merged, violations, test.want)
			}
			if !proto.Equal(first, before) {
				t.Error("the submitted parcel was changed")
			}
		})
	}
}
