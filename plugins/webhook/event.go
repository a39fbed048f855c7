package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// event is one event on its way.
type event struct {
	id   string
	kind kind
	time time.Time
	kept memory
	// body is what is sent, shown what an excerpt may tell of it.
	body, shown []byte
	// private are the texts that an answer may quote and an excerpt may not.
	private sdk.Private
}

// orderEvent makes the event of an order's revision.
func (s *Sender) orderEvent(d *sdk.OrderDelivery) (event, error) {
	e := s.event(d.Delivery)
	switch {
	case d.Order.GetStatus() == commercev1.OrderStatus_ORDER_STATUS_CANCELLED:
		e.kind = orderCancelled
	case e.first():
		e.kind = orderCreated
	default:
		e.kind = orderUpdated
	}
	if changed := d.Order.GetSourceUpdateTime(); changed.IsValid() {
		e.time = changed.AsTime()
	}
	return e, s.write(&e, d.Revision, "order", d.Order, func(personal, extra bool) proto.Message {
		return sentOrder(d.Order, personal, extra)
	})
}

// trackingEvent makes the event of a tracking record's revision.
func (s *Sender) trackingEvent(d *sdk.TrackingDelivery) (event, error) {
	e := s.event(d.Delivery)
	switch {
	case d.Record.GetParcel().GetStatus() == commercev1.ParcelStatus_PARCEL_STATUS_VOIDED:
		e.kind = trackingVoided
	case e.first():
		e.kind = trackingCreated
	default:
		e.kind = trackingUpdated
	}
	return e, s.write(&e, d.Revision, "tracking", d.Record.GetOrder(), func(personal, extra bool) proto.Message {
		return sentRecord(d.Record, personal, extra)
	})
}

// event begins an event with its id and time.
func (s *Sender) event(d sdk.Delivery) event {
	e := event{id: s.eventID(d), kept: recall(d.State)}
	e.time = d.CreateTime.UTC().Truncate(time.Millisecond)
	if d.CreateTime.IsZero() {
		e.time = s.remote.now().UTC().Truncate(time.Millisecond)
	}
	return e
}

// first says that the receiver was told nothing of the record before this event.
func (e event) first() bool { return e.kept.Created == "" || e.kept.Created == e.id }

// eventID names what is told: it is the same on every attempt of a revision, and
// another one if the facts differ (a fact of the order was joined in the meantime)
// or the settings make other data of them. The revision is in it so that facts that
// change back are told under a new id: a receiver ignores an id that it has seen.
// There is no dot in it.
func (s *Sender) eventID(d sdk.Delivery) string {
	h := sha256.New()
	for _, part := range []string{
		"spurline/webhook/id/v1", s.connection, d.RecordKey, d.ContentKey, fmt.Sprint(d.Revision),
		fmt.Sprint(s.personal, s.extra),
	} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "msg_" + hex.EncodeToString(h.Sum(nil)[:16])
}

// write encodes the event: as it is sent, and without personal data for excerpts.
func (s *Sender) write(
	e *event, revision uint64, name string, order *commercev1.Order, record func(personal, extra bool) proto.Message,
) error {
	var err error
	if e.body, err = s.encode(e, revision, name, record(s.personal, s.extra)); err != nil {
		return err
	}
	if !s.personal && !s.extra {
		e.shown = e.body
		return nil
	}
	if s.personal {
		e.private = sdk.PrivateOf(order)
	}
	e.shown, err = s.encode(e, revision, name, record(false, false))
	return err
}

func (s *Sender) encode(e *event, revision uint64, name string, record proto.Message) ([]byte, error) {
	raw, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("encode %s: it has a text that is not UTF-8, or a time out of range", name)
	}
	return encodeEvent(e.kind, e.time, struct {
		MerchantID string          `json:"merchant_id"`
		Revision   uint64          `json:"revision"`
		Order      json.RawMessage `json:"order,omitempty"`
		Tracking   json.RawMessage `json:"tracking,omitempty"`
	}{s.merchant, revision, only(name == "order", raw), only(name == "tracking", raw)})
}

func only(is bool, raw json.RawMessage) json.RawMessage {
	if is {
		return raw
	}
	return nil
}

// encodeEvent writes the envelope. White space that protojson adds at random goes.
func encodeEvent(k kind, at time.Time, data any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Type      kind   `json:"type"`
		Timestamp string `json:"timestamp"`
		Data      any    `json:"data"`
	}{k, at.UTC().Format(time.RFC3339Nano), data})
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
