package aftership

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	dhlNumber = "00340434161094015902"
	upsNumber = "1Z999AA10123456784"
)

// bench is a forwarder in front of a stand-in. Both follow one clock, which
// moves only where the forwarder waits.
type bench struct {
	*aftershiptest.Server
	forwarder *Forwarder
	clock     *testClock
	base      string
}

// newBench starts a stand-in and a forwarder with the settings, changed by the
// function if there is one.
func newBench(t *testing.T, change func(*Settings), options ...aftershiptest.Option) *bench {
	t.Helper()
	clock := newTestClock()
	stand := aftershiptest.New(append([]aftershiptest.Option{aftershiptest.WithClock(clock.now)}, options...)...)
	b := &bench{Server: stand, clock: clock, base: stand.Start(t)}
	b.forwarder = b.connect(t, change)
	return b
}

// connect makes another forwarder of the same process.
func (b *bench) connect(t *testing.T, change func(*Settings)) *Forwarder {
	t.Helper()
	settings := Settings{
		APIKey: sdk.NewSecret(aftershiptest.ValidKey), Generation: defaultGeneration, BaseURL: b.base,
	}
	if change != nil {
		change(&settings)
	}
	shared := b.clock.gates()
	if b.forwarder != nil {
		shared = b.forwarder.client.gates
	}
	env := sdk.Env{Logger: slog.New(slog.DiscardHandler), HTTP: sdk.NewClient()}
	f, err := newForwarder(env, settings, shared)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// send forwards one delivery with time enough.
func (b *bench) send(t *testing.T, d *sdk.TrackingDelivery) sdk.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return b.forwarder.ForwardTracking(ctx, d)
}

// after is the next delivery of a record, with what the host kept of a result.
func after(d *sdk.TrackingDelivery, r sdk.Result) *sdk.TrackingDelivery {
	next := *d
	next.Attempt++
	next.Revision++
	next.FateUnknown = r.Outcome() == pluginv1.Outcome_OUTCOME_UNKNOWN
	if r.RemoteID() != "" {
		next.RemoteID = r.RemoteID()
	}
	if state, ok := r.State(); ok {
		next.State = state
	}
	return &next
}

// germany is the tracking record of the reference's examples.
func germany() *sdk.TrackingDelivery {
	return delivery(&pluginv1.TrackingRecord{
		OrderId: "A-100042",
		Parcel: &commercev1.Parcel{
			TrackingNumber: dhlNumber, Carrier: new("DHL Paket"), ShipDate: new("2026-11-20"),
			Status: commercev1.ParcelStatus_PARCEL_STATUS_SHIPPED,
		},
		Order: &commercev1.Order{
			OrderSource: new("webshop"), OrderNumber: new("42"),
			ShipTo: &commercev1.Address{CountryCode: new("DE"), Name: new("Erika Mustermann")},
			Customer: &commercev1.Customer{
				Email: new("erika@example.com"), Phone: new("+49 (170) 123-4567"), LanguageCode: new("de-AT"),
			},
		},
	})
}

// bare is a record of which only number and order are known.
func bare(number string) *sdk.TrackingDelivery {
	return delivery(&pluginv1.TrackingRecord{
		OrderId: "A-100042", Parcel: &commercev1.Parcel{TrackingNumber: number},
	})
}

// voided is the record with its label voided.
func voided(d *sdk.TrackingDelivery) *sdk.TrackingDelivery {
	d.Record.Parcel.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
	return d
}

func delivery(record *pluginv1.TrackingRecord) *sdk.TrackingDelivery {
	return &sdk.TrackingDelivery{
		Delivery: sdk.Delivery{ID: "d-1", RecordKey: "r-1", ContentKey: "c-1", Attempt: 1, Revision: 1},
		Record:   record,
	}
}

// want checks outcome and reason.
func want(t *testing.T, got sdk.Result, outcome pluginv1.Outcome, reason string) {
	t.Helper()
	if got.Outcome() != outcome || got.Reason() != reason {
		t.Errorf("result is %s %q, want %s %q; hint %q, exchange %+v",
			got.Outcome(), got.Reason(), outcome, reason, got.Hint(), got.Exchange())
	}
	if got.Outcome() != pluginv1.Outcome_OUTCOME_DELIVERED && got.Hint() == "" {
		t.Errorf("%s %q has no hint", got.Outcome(), got.Reason())
	}
}

// methods are the calls that the stand-in got, in order.
func (b *bench) methods() []string {
	var methods []string
	for _, e := range b.Journal() {
		methods = append(methods, e.Method)
	}
	return methods
}

const (
	isDelivered    = pluginv1.Outcome_OUTCOME_DELIVERED
	isPresent      = pluginv1.Outcome_OUTCOME_ALREADY_PRESENT
	isSkipped      = pluginv1.Outcome_OUTCOME_SKIPPED
	isRetry        = pluginv1.Outcome_OUTCOME_RETRY
	isThrottled    = pluginv1.Outcome_OUTCOME_THROTTLED
	isRejected     = pluginv1.Outcome_OUTCOME_REJECTED
	isUnauthorized = pluginv1.Outcome_OUTCOME_UNAUTHORIZED
	isUnknown      = pluginv1.Outcome_OUTCOME_UNKNOWN
)
