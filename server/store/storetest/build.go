package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spurline/spurline/server/store"
)

// tb is what the helpers need of a testing.T or a rapid.T.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// world is a store with a merchant, and a clock that moves by a second with every
// look at it.
type world struct {
	tb
	ctx      context.Context //nolint:containedctx // it is the test's
	engine   Engine
	store    store.Store
	merchant store.Merchant
	clock    time.Time
	// merchants counts those of the store.
	merchants *atomic.Int64
}

// epoch is when the clocks of the tests start. It has less than a microsecond to
// spare, which a store does not keep.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

func open(t *testing.T, engine Engine) *world {
	t.Helper()
	w := &world{tb: t, ctx: context.WithoutCancel(t.Context()), engine: engine, clock: epoch, merchants: &atomic.Int64{}}
	w.open()
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return w
}

func (w *world) open() {
	w.Helper()
	var err error
	w.store, err = w.engine.Open(w.ctx)
	w.must(err)
}

// reopen closes the store and opens it again.
func (w *world) reopen() {
	w.Helper()
	w.must(w.store.Close())
	w.open()
}

// crash kills the store and opens it again.
func (w *world) crash() {
	w.Helper()
	w.must(w.engine.Crash(w.ctx))
	w.open()
}

// beside returns a world on the same store for a test that runs beside others and
// does not reopen it.
func (w *world) beside(t tb) *world {
	t.Helper()
	other := *w
	other.tb = t
	other.settle()
	return &other
}

// settle gives the world a new merchant.
func (w *world) settle() {
	w.Helper()
	var err error
	w.merchant, err = w.store.CreateMerchant(w.ctx, store.Merchant{
		ID: fmt.Sprintf("merchant-%d", w.merchants.Add(1)), Title: "Merchant", CreateTime: w.now(),
	})
	w.must(err)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("%v", err)
	}
}

// now moves the clock.
func (w *world) now() time.Time {
	w.clock = w.clock.Add(time.Second)
	return w.clock
}

// kept is a time as a store keeps it.
func kept(t time.Time) time.Time { return t.Truncate(time.Microsecond) }

// same compares what a test got with what it wants.
func (w *world) same(what string, got, want any) {
	w.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// is demands an error of the contract, nil for none.
func (w *world) is(what string, err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Fatalf("%s: error is %v, want %v", what, err, want)
	}
}

// both is what a connection takes that copies orders and their tracking.
func both() store.Takes { return store.Takes{Orders: true, Tracking: true} }

func ordersOnly() store.Takes { return store.Takes{Orders: true} }

func trackingOnly(facts ...store.Fact) store.Takes {
	takes := store.Takes{Tracking: true}
	for _, fact := range facts {
		takes.Facts = takes.Facts.With(fact)
	}
	return takes
}

// newConnection is a connection as a caller makes it.
func (w *world) newConnection(id string, takes store.Takes) store.Connection {
	return store.Connection{
		MerchantKey: w.merchant.Key, ID: id, Plugin: "paper", Title: "Paper " + id,
		Settings: map[string]string{"region": "eu"}, Secrets: []byte("sealed " + id),
		SecretTimes: map[string]time.Time{"key": kept(epoch)}, Filter: "true", Takes: takes,
		State: store.Active, Check: store.Untested, CreateTime: w.now(),
	}
}

// connect makes a connection and returns its key.
func (w *world) connect(id string, takes store.Takes) int64 {
	w.Helper()
	c, err := w.store.CreateConnection(w.ctx, w.newConnection(id, takes))
	w.must(err)
	return c.Key
}

func number(v int64) *int64 { return &v }

// digests gives facts the digests that they have in a test.
func digests(facts map[store.Fact]uint64) store.FactDigests {
	var d store.FactDigests
	for fact, digest := range facts {
		d[fact] = digest
	}
	return d
}

// order is a submission of an order whose content is named.
func order(id, content string) store.Submission {
	return store.Submission{Order: &store.OrderSubmission{
		OrderID: id, Body: []byte("order " + id + " " + content), Hash: []byte(content), Source: "shop",
	}}
}

// shipment is a submission of parcels with the content that is named.
func shipment(orderID, content string, numbers ...string) store.Submission {
	var submission store.Submission
	for _, n := range numbers {
		submission.Parcels = append(submission.Parcels, store.ParcelSubmission{
			NumberKey: n, Number: "No " + n, OrderID: orderID, ShipmentID: "s-" + orderID,
			Body: []byte("parcel " + n + " " + content), Hash: []byte(orderID + content),
		})
	}
	return submission
}

// voided says that the parcels of a submission exist no more.
func voided(submission store.Submission) store.Submission {
	for i := range submission.Parcels {
		submission.Parcels[i].Voided = true
	}
	return submission
}

// plan completes a submission as intake does.
func (w *world) plan(submission store.Submission) store.Submission {
	w.Helper()
	var err error
	submission.MerchantKey = w.merchant.Key
	submission.ConfigVersion, submission.Wants, err = w.store.PlannedConnections(w.ctx, w.merchant.Key)
	w.must(err)
	submission.Now = w.now()
	return submission
}

// accept plans a submission, has it accepted, and returns the answers for its
// records.
func (w *world) accept(submission store.Submission) []store.RecordReceipt {
	w.Helper()
	receipt, err := w.store.Accept(w.ctx, w.plan(submission))
	w.must(err)
	return receipt.Records
}

// first accepts a submission and returns its first record's deliveries by
// connection.
func (w *world) first(submission store.Submission) map[int64]store.DeliveryID {
	w.Helper()
	made := map[int64]store.DeliveryID{}
	for _, ref := range w.accept(submission)[0].Deliveries {
		made[ref.Connection] = ref.ID
	}
	return made
}

// one accepts a submission that makes one delivery.
func (w *world) one(submission store.Submission) store.DeliveryID {
	w.Helper()
	refs := w.accept(submission)[0].Deliveries
	if len(refs) != 1 {
		w.Fatalf("submission made %d deliveries, want 1", len(refs))
	}
	return refs[0].ID
}

func (w *world) delivery(id store.DeliveryID) store.Delivery {
	w.Helper()
	d, err := w.store.DeliveryByID(w.ctx, id)
	w.must(err)
	return d
}

// states demands the state of deliveries.
func (w *world) states(want map[store.DeliveryID]store.DeliveryState) {
	w.Helper()
	for id, state := range want {
		if d := w.delivery(id); d.State != state {
			w.Errorf("delivery %d of order %q, number %q has state %d (%s), want %d",
				id, d.OrderID, d.TrackingNumber, d.State, d.Reason, state)
		}
	}
}

func (w *world) state(id store.DeliveryID, want store.DeliveryState) {
	w.Helper()
	w.states(map[store.DeliveryID]store.DeliveryState{id: want})
}

// end completes a delivery with a state and an attempt that fits.
func (w *world) end(id store.DeliveryID, state store.DeliveryState) {
	w.Helper()
	w.complete(w.outcome(id, state))
}

func (w *world) complete(completions ...store.Completion) {
	w.Helper()
	w.must(w.store.Complete(w.ctx, completions))
}

// outcome is a completion with the next attempt.
func (w *world) outcome(id store.DeliveryID, state store.DeliveryState) store.Completion {
	now := w.now()
	attempt := 1
	var of store.Completion
	if d, err := w.store.DeliveryByID(w.ctx, id); err == nil {
		of = store.Completion{
			MerchantKey: w.merchant.Key, Connection: d.Connection, Record: store.RecordRef{Kind: d.Kind, Key: d.Record},
			OrderID: d.OrderID,
		}
		if d.Last != nil {
			attempt = d.Last.Number + 1
		}
	}
	outcomes := map[store.DeliveryState]store.Outcome{
		store.Pending: store.OutcomeRetry, store.Delivered: store.OutcomeDelivered,
		store.Skipped: store.OutcomeSkipped, store.Failed: store.OutcomeRejected,
	}
	return store.Completion{
		ID: id, MerchantKey: of.MerchantKey, Connection: of.Connection, Record: of.Record, OrderID: of.OrderID,
		State: state, Sends: 1, Now: now,
		Attempt: &store.Attempt{
			Number: attempt, Start: kept(now), Duration: time.Millisecond, Outcome: outcomes[state],
		},
	}
}

// counted demands the totals of a connection.
func (w *world) counted(connection int64, want store.Totals) {
	w.Helper()
	got, err := w.store.ConnectionTotals(w.ctx, connection)
	w.must(err)
	w.same(fmt.Sprintf("totals of connection %d", connection), got, want)
}
