package zoho

import (
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func lostBefore(endpoint string) zohotest.Fault { return zohotest.Reset().On("POST", endpoint) }

func lostAfter(endpoint string) zohotest.Fault {
	return zohotest.Reset().AfterStore().On("POST", endpoint)
}

func TestVoidedBeforeItWasSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2"))
	sameCalls(t, b.calls(func() { want(t, b.forward(voided(parcel(o, oneZ)), nil), isSkipped, "PARCEL_VOIDED") }))
}

// TestPieceLeftForAVoidedParcel: what was left unpacked for a parcel that is voided later is
// told of, and goes into the parcel that it left with once the contents of that are told.
func TestPieceLeftForAVoidedParcel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "2"))
	first := b.forward(among(parcel(o, oneZ), twoZ), nil)
	want(t, first, isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 1")
	var r *pluginv1.DeliveryResult
	sameCalls(t, b.calls(func() { r = b.forward(voided(among(parcel(o, twoZ), oneZ)), nil) }))
	want(t, r, isSkipped, "PARCEL_VOIDED")
	wantHint(t, r, "unpacked", "contents")
	told := containing(amongVoided(parcel(o, oneZ), twoZ), item("LP-15", "2"))
	want(t, b.forward(told, first), isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 2")
	if got := b.order().Status; got != "shipped" {
		t.Errorf("sales order is %s", got)
	}
}

func TestVoidedAfterItWasSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
	first := b.forward(record, nil)
	var second *pluginv1.DeliveryResult
	sameCalls(t, b.calls(func() { second = b.forward(voided(record), first) }),
		"GET /salesorders/{id}", "DELETE /shipmentorders/{id}", "DELETE /packages/{id}")
	want(t, second, isDelivered, "WITHDRAWN")
	wantHint(t, second, "taken back")
	b.wantPackages()
	if o := b.order(); o.Status != "confirmed" || o.Lines[0].Packed != "0" {
		t.Errorf("sales order is %+v", o)
	}
	// Voided again, with what the host had before: gone is as good.
	want(t, b.forward(voided(record), first), isDelivered, "WITHDRAWN")
	// The label is valid after all.
	third := b.forward(record, second)
	want(t, third, isDelivered, "")
	b.wantPackages(oneZ + ": LP-15 2")
	want(t, b.forward(voided(record), third), isDelivered, "WITHDRAWN")
	b.wantPackages()
}

func TestVoidedAfterAnUnknownFate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   zohotest.Fault
		outcome pluginv1.Outcome
	}{
		"neither arrived":   {lostBefore("/packages"), isSkipped},
		"the package did":   {lostAfter("/packages"), isDelivered},
		"not the shipment":  {lostBefore("/shipmentorders"), isDelivered},
		"the shipment also": {lostAfter("/shipmentorders"), isDelivered},
	} {
		for _, kept := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				record := parcel(b.place(orderOf("LP-15", "2")), oneZ, item("LP-15", "1"))
				b.stand.Script(test.fault)
				first := b.forward(record, nil)
				want(t, first, isUnknown, "")
				h := &hosted{record: voided(record), doubtful: true}
				if kept { // The process lived on.
					h.keep(first)
				}
				want(t, b.deliver(h, false), test.outcome, "")
				b.wantPackages()
			})
		}
	}
}

// TestVoidedNoteOfUnknownFate: the number is looked for in the notes too.
func TestVoidedNoteOfUnknownFate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	o := b.place(orderOf("LP-15", "1"))
	want(t, b.forward(parcel(o, oneZ), nil), isDelivered, "")
	second := among(parcel(o, twoZ), oneZ)
	b.stand.Script(zohotest.Reset().AfterStore().On("PUT", "/shipmentorders/{id}"))
	want(t, b.forward(second, nil), isUnknown, "")
	r := b.deliver(&hosted{record: voided(second), doubtful: true}, false)
	want(t, r, isDelivered, "WITHDRAWN")
	if got := b.shipment().Notes; got != "" {
		t.Errorf("notes are %q", got)
	}
}

func TestVoidedAndItsOrderIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	record := parcel(orderOf("LP-15", "2"), oneZ)
	want(t, b.deliver(&hosted{record: voided(record), doubtful: true}, false), isSkipped, "PARCEL_VOIDED")
}

// TestWithdrawalFails in every way, at each of its calls; in the end all is taken back.
func TestWithdrawalFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   zohotest.Fault
		outcome pluginv1.Outcome
		reason  string
	}{
		"a fault":          {zohotest.Status(500), isRetry, "REMOTE_FAULT"},
		"a fault after":    {zohotest.Status(502).AfterStore(), isRetry, "REMOTE_FAULT"},
		"lost":             {zohotest.Reset().AfterStore(), isUnknown, ""},
		"refused":          {zohotest.Failure(400, 4711, "It is delivered"), isRejected, "WITHDRAW_REFUSED"},
		"delivered":        {zohotest.Failure(400, 37135, ""), isRejected, "WITHDRAW_REFUSED"},
		"a scope is short": {zohotest.Failure(401, 57, ""), isUnauthorized, "SCOPE_MISSING"},
	} {
		for _, endpoint := range []string{"/shipmentorders/{id}", "/packages/{id}"} {
			t.Run(name+" at "+endpoint, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				record := parcel(b.place(orderOf("LP-15", "2")), oneZ)
				h := &hosted{record: record}
				b.insist(h)
				h.record = voided(record)
				b.stand.Script(test.fault.On("DELETE", endpoint))
				second := b.deliver(h, false)
				want(t, second, test.outcome, test.reason)
				if test.reason == "WITHDRAW_REFUSED" {
					wantHint(t, second, "retry")
					if second.GetFixScope() != fixSettings {
						t.Errorf("fix scope is %s", second.GetFixScope())
					}
				}
				want(t, b.deliver(h, false), isDelivered, "WITHDRAWN")
				b.wantPackages()
			})
		}
	}
}
