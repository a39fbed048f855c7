package intake

import (
	"fmt"
	"maps"
	"slices"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/validation"
)

// mergeParcels joins the parcels of one shipment that have the same tracking
// number, as warehouses send them that list a number once per packed line. What
// only one of them says holds, contents add up, and a contradiction is a
// violation that names both.
func mergeParcels(parcels []*commercev1.Parcel, path string) ([]*commercev1.Parcel, []fault.Violation) {
	merged := make([]*commercev1.Parcel, 0, len(parcels))
	var violations []fault.Violation
	type place struct {
		first, merged int
		// said are the parcels of the number so far.
		said []*commercev1.Parcel
	}
	places := make(map[string]*place, len(parcels))
	for i, parcel := range parcels {
		key := validation.NumberKey(parcel.GetTrackingNumber())
		at, seen := places[key]
		if !seen {
			places[key] = &place{i, len(merged), []*commercev1.Parcel{parcel}}
			merged = append(merged, parcel)
			continue
		}
		if slices.ContainsFunc(at.said, func(p *commercev1.Parcel) bool { return proto.Equal(p, parcel) }) {
			continue // What is said twice is not packed twice.
		}
		at.said = append(at.said, parcel)
		union, field := mergeParcel(merged[at.merged], parcel)
		if field != "" {
			violations = append(violations, fault.Violation{
				Field: fmt.Sprintf("%s.parcels[%d].%s", path, i, field),
				Rule: fmt.Sprintf("must not contradict %s.parcels[%d], which has the same tracking number",
					path, at.first),
			})
			continue
		}
		merged[at.merged] = union
	}
	return merged, violations
}

// mergeParcel returns a with what b adds, or the name of a field in which they
// contradict each other.
func mergeParcel(a, b *commercev1.Parcel) (union *commercev1.Parcel, contradiction string) {
	union = proto.Clone(a).(*commercev1.Parcel)
	texts := []struct {
		field string
		to    **string
		from  *string
	}{
		{"carrier", &union.Carrier, b.Carrier},
		{"service", &union.Service, b.Service},
		{"ship_date", &union.ShipDate, b.ShipDate},
		{"tracking_url", &union.TrackingUrl, b.TrackingUrl},
	}
	for _, text := range texts {
		switch {
		case text.from == nil:
		case *text.to == nil:
			*text.to = text.from
		case **text.to != *text.from:
			return nil, text.field
		}
	}
	switch {
	case b.Weight == nil:
	case union.Weight == nil:
		union.Weight = b.Weight
	case !proto.Equal(union.Weight, b.Weight):
		return nil, "weight"
	}
	switch {
	case b.Status == commercev1.ParcelStatus_PARCEL_STATUS_UNSPECIFIED:
	case union.Status == commercev1.ParcelStatus_PARCEL_STATUS_UNSPECIFIED:
		union.Status = b.Status
	case union.Status != b.Status:
		return nil, "status"
	}
	for name, value := range b.ExtraFields {
		if known, ok := union.ExtraFields[name]; ok && known != value {
			return nil, "extra_fields[" + name + "]"
		}
	}
	if len(b.ExtraFields) > 0 && union.ExtraFields == nil {
		union.ExtraFields = make(map[string]string, len(b.ExtraFields))
	}
	maps.Copy(union.ExtraFields, b.ExtraFields)
	union.Contents = append(union.Contents, b.Contents...)
	return union, ""
}
