package dispatch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

// sending is a delivery on its way through dispatch.
type sending struct {
	delivery store.Delivery
	// newer is the revision that goes if it is a later one than that of the delivery.
	newer int64
	// connection as it was when the delivery was taken up; its generation guards
	// what the outcome may do to the lane.
	connection *store.Connection
	known      store.RemoteRecord
	// contentKey names the facts and the settings that they go there with.
	contentKey []byte

	tracking *pluginv1.TrackingDelivery
	order    *pluginv1.OrderDelivery
	size     int
	start    time.Time

	// probe: it goes to find out whether the extra interface is in order again.
	probe bool
	// isolated: it goes to a process apart, because of the suspicion.
	suspicion suspicion
	isolated  bool

	// needsIntent: the store has to know of the send before it is made.
	needsIntent bool

	// record ends what is recorded of the attempt, nil if nothing is.
	record func(trace.Attempt)

	// settled is set if the delivery ends without a send.
	settled *store.Completion
}

// arrivalKey names facts as they arrive with the settings of the connection, which
// may lead to another account or write them otherwise.
func arrivalKey(connection *store.Connection, contentKey []byte) []byte {
	text := make([]byte, 0, 64+sha256.Size)
	text = strconv.AppendInt(append(text, "generation "...), connection.Generation, 10)
	key := sha256.Sum256(append(append(text, '\n'), contentKey...))
	return key[:]
}

func connectionUID(key int64) string { return strconv.FormatInt(key, 10) }

// prepare builds what is sent, or settles the delivery without a send. last is nil
// unless it was just made, and not read back.
func (d *Dispatcher) prepare(
	ctx context.Context, loaded *store.LoadedDelivery, connection *store.Connection, last *lastOrder, now time.Time,
) *sending {
	if d.doubts.has(&loaded.Delivery) {
		doubtful := *loaded
		doubtful.Delivery.FateUnknown = true
		loaded = &doubtful
	}
	s := &sending{
		delivery: loaded.Delivery, connection: connection, known: loaded.Remote,
		suspicion:   suspicionOf(loaded.Delivery.Last),
		needsIntent: loaded.NeedsIntent || connection.Takes.Intents,
	}
	var built composed
	var err error
	if last != nil {
		built, err = d.composer.composeFresh(loaded, connection, last)
	} else {
		built, err = d.composer.compose(loaded, connection)
	}
	if err != nil {
		d.options.Logger.ErrorContext(trace.With(ctx, loaded.Delivery.Trace),
			"stored record cannot be read", "delivery", loaded.Delivery.ID.String(), "error", err)
		return s.settle(now, store.Failed, "RECORD_UNREADABLE",
			"the stored record cannot be decoded; submit it again", store.FixRecord)
	}
	s.tracking, s.order = built.tracking, built.order
	if loaded.Newer {
		s.newer = loaded.Delivery.Revision
	}
	s.contentKey = arrivalKey(connection, built.contentKey)
	if s.tracking != nil {
		s.size = proto.Size(s.tracking)
	} else {
		s.size = proto.Size(s.order)
	}

	if s.delivery.FateUnknown && s.unrepeatable() {
		return s.settle(now, store.Failed, store.FateUnknown, hintFate, store.FixRecord)
	}
	if !s.delivery.FateUnknown && len(s.known.ContentKey) > 0 && bytes.Equal(s.known.ContentKey, s.contentKey) {
		return s.settle(now, store.Delivered, "SAME_CONTENT", "the facts that go there are those that are there", 0)
	}
	wanted, err := d.filters.eval(connection, built.fullOrder, built.shipment)
	switch {
	case err != nil:
		return s.settle(now, store.Failed, "FILTER_FAILED",
			"the filter of the connection cannot be evaluated: "+err.Error()+"; correct it with UpdateConnection, "+
				"then RetryDelivery",
			store.FixSettings)
	case !wanted:
		return s.settle(now, store.Skipped, "FILTERED", "the filter of the connection leaves it out", 0)
	}
	return s
}

func (s *sending) settle(
	now time.Time, state store.DeliveryState, reason, hint string, scope store.FixScope,
) *sending {
	s.settled = &store.Completion{
		ID: s.delivery.ID, Revision: s.newer, State: state, Reason: reason, Hint: hint, FixScope: scope,
		Sends: s.delivery.Sends, Spent: s.delivery.Spent, RetryAge: s.delivery.RetryAge,
		FateUnknown: s.delivery.FateUnknown, Now: now,
	}
	return s
}

// header returns the delivery's header, whatever its kind.
func (s *sending) header() *pluginv1.DeliveryHeader {
	if s.tracking != nil {
		return s.tracking.GetHeader()
	}
	return s.order.GetHeader()
}
