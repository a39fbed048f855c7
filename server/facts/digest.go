package facts

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/store"
)

// OfOrder returns a digest for each fact that the order has.
func OfOrder(order *commercev1.Order) store.FactDigests {
	var digests store.FactDigests
	for _, fact := range all {
		only := &commercev1.Order{}
		if add(only, order, fact) {
			digests[fact] = digest(only)
		}
	}
	return digests
}

// OfBody is OfOrder for an order as it is kept.
func OfBody(body []byte) (store.FactDigests, error) {
	order := &commercev1.Order{}
	if err := proto.Unmarshal(body, order); err != nil {
		return store.FactDigests{}, fmt.Errorf("decode order: %w", err)
	}
	return OfOrder(order), nil
}

// OfShipment returns a digest for each order fact that the shipment carries
// itself. A fact has the same digest there as on an order.
func OfShipment(shipment *commercev1.Shipment) store.FactDigests {
	return OfOrder(ofShipment(shipment))
}

func digest(m proto.Message) uint64 {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return 1 // Only invalid UTF-8 fails, and gRPC has refused that before.
	}
	sum := sha256.Sum256(raw)
	return binary.BigEndian.Uint64(sum[:]) | 1 // Zero means absent.
}
