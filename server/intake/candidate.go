package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/facts"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/validation"
)

// candidate is a record that is fit to be kept, for whichever merchant.
type candidate struct {
	submission store.Submission
	// order is the one submitted, if it is one.
	order *commercev1.Order
	// numbers are the tracking numbers in the order of the parcels.
	numbers []string
}

// recordKey names a record that an item changes: two items with one in common must
// be accepted in the order in which they came.
type recordKey struct {
	parent string
	kind   store.RecordKind
	id     string
}

// recordKeys are those of an item, valid or not.
func recordKeys(parent string, item *apiv1.SubmitItem) []recordKey {
	if order := item.GetOrder(); order != nil {
		return []recordKey{{parent, store.OrderRecord, order.GetOrderId()}}
	}
	shipment := item.GetShipment()
	keys := make([]recordKey, 0, len(shipment.GetParcels())+1)
	keys = append(keys, recordKey{parent, store.OrderRecord, shipment.GetOrderId()})
	for _, parcel := range shipment.GetParcels() {
		keys = append(keys, recordKey{parent, store.TrackingRecord, validation.NumberKey(parcel.GetTrackingNumber())})
	}
	return keys
}

// findFacts finds the facts of an order for a plan that joins some.
func (c *candidate) findFacts(plan *plan) {
	if order := c.submission.Order; plan.joinsFacts && order != nil && order.FactsLeftOut {
		order.Facts, order.FactsLeftOut = facts.OfOrder(c.order), false
	}
}

func orderCandidate(
	order *commercev1.Order, path string, sourceVersion *int64, requestID string,
) (*candidate, error) {
	normaliseOrder(order)
	if violations := validation.Order(order, path); len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	body, hash, err := content("order", path, order)
	if err != nil {
		return nil, err
	}
	return &candidate{order: order, submission: store.Submission{
		Order: &store.OrderSubmission{
			OrderID: order.GetOrderId(), Body: body, Hash: hash, SourceVersion: sourceVersion,
			Source: order.GetOrderSource(), FactsLeftOut: true, FactsOf: facts.OfBody,
		},
		RequestID:   requestID,
		RequestHash: requestHash(requestID, hash, sourceVersion),
		ExtraFields: orderExtraFields(order),
	}}, nil
}

func shipmentCandidate(
	shipment *commercev1.Shipment, path string, sourceVersion *int64, requestID string,
) (*candidate, error) {
	normaliseShipment(shipment)
	violations := validation.Shipment(shipment, path)
	merged, contradictions := mergeParcels(shipment.GetParcels(), path)
	if violations = append(violations, contradictions...); len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}
	hash, err := shipmentHash(path, shipment, requestID)
	if err != nil {
		return nil, err
	}
	c := &candidate{submission: store.Submission{
		SourceVersion: sourceVersion,
		RequestID:     requestID,
		RequestHash:   requestHash(requestID, hash, sourceVersion),
		ExtraFields:   shipmentExtraFields(shipment),
	}}
	carried := facts.OfShipment(shipment)
	for _, parcel := range merged {
		body, hash, err := content("parcel", path, withOnly(shipment, parcel))
		if err != nil {
			return nil, err
		}
		c.numbers = append(c.numbers, parcel.GetTrackingNumber())
		c.submission.Parcels = append(c.submission.Parcels, store.ParcelSubmission{
			NumberKey: validation.NumberKey(parcel.GetTrackingNumber()), Number: parcel.GetTrackingNumber(),
			OrderID: shipment.GetOrderId(), ShipmentID: shipment.GetShipmentId(),
			Voided: parcel.GetStatus() == commercev1.ParcelStatus_PARCEL_STATUS_VOIDED,
			Body:   body, Hash: hash, Facts: carried,
		})
	}
	return c, nil
}

// itemCandidate reads an item of a batch, which no interceptor has validated.
func itemCandidate(item *apiv1.SubmitItem) (*candidate, error) {
	if err := validation.Message(item); err != nil {
		return nil, err
	}
	return validCandidate(item, "")
}

// validCandidate reads an item that keeps the rules of its proto; prefix leads to
// it in the paths of violations.
func validCandidate(item *apiv1.SubmitItem, prefix string) (*candidate, error) {
	if order := item.GetOrder(); order != nil {
		return orderCandidate(order, prefix+"order", item.SourceVersion, item.GetRequestId())
	}
	return shipmentCandidate(item.GetShipment(), prefix+"shipment", item.SourceVersion, item.GetRequestId())
}

// withOnly returns the shipment with a single parcel: the tracking record. What
// it shares with its siblings is in each of them, so that each stands alone.
func withOnly(shipment *commercev1.Shipment, parcel *commercev1.Parcel) *commercev1.Shipment {
	return &commercev1.Shipment{
		OrderId: shipment.OrderId, ShipmentId: shipment.ShipmentId,
		Parcels:     []*commercev1.Parcel{parcel},
		OrderSource: shipment.OrderSource, Destination: shipment.Destination,
		Warehouse: shipment.Warehouse, ExtraFields: shipment.ExtraFields,
	}
}

// contentVersion changes when normalisation changes: then equal content may get
// another hash and becomes a revision once.
const contentVersion = 1

// maxRecordBytes is the largest record: it has to fit into a call to a plugin
// beside the settings of its connection.
const maxRecordBytes = 4 << 20

// content returns the bytes to keep and the hash that names them.
func content(kind, path string, m proto.Message) (body, hash []byte, err error) {
	// What is hashed is a line with the kind and version, then the body.
	header := kind + " " + strconv.Itoa(contentVersion) + "\n"
	hashed, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend([]byte(header), m)
	if err != nil {
		return nil, nil, fault.Invalid(fault.Violation{Field: path, Rule: "must be valid UTF-8 everywhere"})
	}
	body = hashed[len(header):]
	if err := checkSize(path, len(body)); err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(hashed)
	return body, sum[:], nil
}

func checkSize(path string, size int) error {
	if size > maxRecordBytes {
		return fault.New(codes.InvalidArgument, apiv1.ErrorReason_ERROR_REASON_MESSAGE_TOO_LARGE,
			"%s: has %d bytes, must have at most %d; leave out what no extra interface needs", path, size, maxRecordBytes)
	}
	return nil
}

// shipmentHash names the whole shipment, if there is a request id that it goes with.
func shipmentHash(path string, shipment *commercev1.Shipment, requestID string) ([]byte, error) {
	if requestID == "" {
		return nil, checkSize(path, proto.Size(shipment))
	}
	_, hash, err := content("shipment", path, shipment)
	return hash, err
}

// requestHash names what was submitted under a request id, nil if there is none.
func requestHash(requestID string, content []byte, sourceVersion *int64) []byte {
	if requestID == "" {
		return nil
	}
	hashed := content
	if sourceVersion != nil {
		hashed = binary.BigEndian.AppendUint64(slices.Clone(content), uint64(*sourceVersion))
	}
	sum := sha256.Sum256(hashed)
	return sum[:]
}
