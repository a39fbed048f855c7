package zoho

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// hosted is a tracking record as the host keeps it.
type hosted struct {
	record   *pluginv1.TrackingRecord
	remoteID string
	state    []byte
	doubtful bool
	revision uint64
}

// keep takes over what the host does of a result; a result that never came leaves the
// fate open.
func (h *hosted) keep(r *pluginv1.DeliveryResult) {
	if r == nil {
		h.doubtful = true
		return
	}
	h.doubtful = r.GetOutcome() == isUnknown
	if r.GetRemoteId() != "" {
		h.remoteID = r.GetRemoteId()
	}
	if r.GetState() != nil {
		h.state = r.GetState()
	}
}

// deliver sends a record once; with crash the process dies before it answers.
func (b *bench) deliver(h *hosted, crash bool) *pluginv1.DeliveryResult {
	b.t.Helper()
	header := b.header("parcel", nil)
	header.RemoteId, header.State, header.FateUnknown = h.remoteID, h.state, h.doubtful
	header.Revision = max(h.revision, 1)
	r := b.Forward(b.settings, b.secrets, &pluginv1.TrackingDelivery{Header: header, Record: h.record})[header.GetDeliveryId()]
	if crash {
		h.keep(nil)
		b.Host = b.anotherProcess()
		return r
	}
	h.keep(r)
	return r
}

// insist delivers a record until it arrived, as the host would.
func (b *bench) insist(h *hosted) *pluginv1.DeliveryResult {
	b.t.Helper()
	const tries = 6
	for range tries {
		r := b.deliver(h, false)
		if r.GetOutcome() == isDelivered {
			return r
		}
		b.clock.Advance(max(r.GetDelay().AsDuration(), time.Minute))
	}
	b.t.Fatal("the record never arrived")
	return nil
}

// chain are the calls of a parcel of a draft.
func chain() [][2]string {
	return [][2]string{
		{"GET", "/salesorders/{id}"},
		{"POST", "/salesorders/{id}/status/confirmed"},
		{"POST", "/packages"},
		{"POST", "/shipmentorders"},
		{"POST", "/shipmentorders/{id}/status/delivered"},
	}
}

// TestFaultAtEachCall: whatever goes wrong at whichever call, there is one package and
// one shipment in the end, and whoever made them is remembered.
func TestFaultAtEachCall(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]zohotest.Fault{
		"500":              zohotest.Status(http.StatusInternalServerError),
		"500 after":        zohotest.Status(http.StatusInternalServerError).AfterStore(),
		"a page after":     zohotest.HTML(http.StatusBadGateway).AfterStore(),
		"a page as 200":    zohotest.HTML(http.StatusOK),
		"not JSON":         zohotest.NotJSON(http.StatusOK),
		"nothing":          zohotest.Empty(http.StatusOK),
		"a false success":  zohotest.FalseSuccess(1000),
		"cut":              zohotest.Truncated(),
		"garbled":          zohotest.Garbled(),
		"another type":     zohotest.WrongType(),
		"reset":            zohotest.Reset(),
		"reset after":      zohotest.Reset().AfterStore(),
		"too many at once": zohotest.TooManyInFlight(),
		"blocked":          zohotest.Blocked(44, time.Hour),
		"the quota":        zohotest.QuotaUsedUp(time.Hour),
		"a dead token":     zohotest.Failure(http.StatusUnauthorized, 57, ""),
		"refused":          zohotest.Failure(http.StatusBadRequest, 4711, ""),
		"gone":             zohotest.Failure(http.StatusNotFound, 1002, ""),
		"taken":            zohotest.Failure(http.StatusBadRequest, 1001, ""),
	} {
		for _, call := range chain() {
			t.Run(fmt.Sprintf("%s at %s %s", name, call[0], call[1]), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.set("mark_delivered", "true")
				o := orderOf("LP-15", "2", "MS-02", "3")
				o.Status = commercev1.OrderStatus_ORDER_STATUS_ON_HOLD
				b.place(o)
				b.stand.Script(fault.On(call[0], call[1]))
				h := &hosted{record: parcel(o, oneZ, item("LP-15", "2"), item("MS-02", "1"))}
				r := b.insist(h)
				b.wantPackages(oneZ + ": LP-15 2, MS-02 1")
				if got := b.shipment(); got.ID != r.GetRemoteId() || got.DeliveryMethod != "UPS" {
					t.Errorf("shipment is %+v, remote id %s", got, r.GetRemoteId())
				}
				h.record = voided(h.record)
				want(t, b.deliver(h, false), isDelivered, "WITHDRAWN")
				b.wantPackages()
			})
		}
	}
}

// TestCrashAtEachCall: the process dies after any of its calls took effect, so that
// nothing is kept. The next one finds what is there.
func TestCrashAtEachCall(t *testing.T) {
	t.Parallel()
	for _, call := range chain() {
		for _, contents := range [][]*commercev1.ParcelItem{nil, {item("LP-15", "1")}} {
			t.Run(fmt.Sprintf("%s %s, %d contents", call[0], call[1], len(contents)), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.set("mark_delivered", "true")
				o := orderOf("LP-15", "2")
				o.Status = commercev1.OrderStatus_ORDER_STATUS_ON_HOLD
				b.place(o)
				h := &hosted{record: among(parcel(o, oneZ, contents...), twoZ)}
				b.stand.Script(zohotest.Reset().AfterStore().On(call[0], call[1]))
				b.deliver(h, true)
				r := b.insist(h)
				b.wantPackages(oneZ + ": LP-15 1")
				if got := b.shipment(); got.ID != r.GetRemoteId() || !got.Delivered {
					t.Errorf("shipment is %+v, remote id %s", got, r.GetRemoteId())
				}
				// Once more, after a whole delivery whose result was lost.
				b.deliver(h, true)
				calls := b.calls(func() { want(t, b.deliver(h, false), isDelivered, "") })
				if slices.ContainsFunc(calls, func(call string) bool { return call[0] != 'G' }) {
					t.Errorf("what was there was written again: %q", calls)
				}
				b.wantPackages(oneZ + ": LP-15 1")
			})
		}
	}
}

// TestCrashOfAnEdit: at each call of an edit, of new contents and of a withdrawal.
func TestCrashOfAnEdit(t *testing.T) {
	t.Parallel()
	carrier := func(r *pluginv1.TrackingRecord) { *r.Parcel.Carrier = "DHL" }
	contents := func(r *pluginv1.TrackingRecord) {
		r.Parcel.Contents = []*commercev1.ParcelItem{item("LP-15", "1"), item("MS-02", "1")}
	}
	void := func(r *pluginv1.TrackingRecord) { r.Parcel.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED }
	const before, after, nothing = oneZ + ": LP-15 2", oneZ + ": LP-15 1, MS-02 1", ""
	for _, test := range []struct {
		name   string
		change func(*pluginv1.TrackingRecord)
		calls  [][2]string
		end    string
	}{
		{"carrier", carrier, [][2]string{{"PUT", "/shipmentorders/{id}"}}, before},
		{"contents", contents, [][2]string{
			{"DELETE", "/shipmentorders/{id}"}, {"DELETE", "/packages/{id}"}, {"POST", "/packages"}, {"POST", "/shipmentorders"},
		}, after},
		{"void", void, [][2]string{{"DELETE", "/shipmentorders/{id}"}, {"DELETE", "/packages/{id}"}}, nothing},
	} {
		for _, call := range test.calls {
			for _, crash := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, %s %s", test.name, call[0], call[1]), func(t *testing.T) {
					t.Parallel()
					b := newBench(t)
					h := &hosted{record: parcel(b.place(orderOf("LP-15", "2", "MS-02", "3")), oneZ, item("LP-15", "2"))}
					b.insist(h)
					h.record, h.revision = changed(h.record, test.change), 2
					b.stand.Script(zohotest.Reset().AfterStore().On(call[0], call[1]))
					b.deliver(h, crash)
					r := b.insist(h)
					if test.end == nothing {
						want(t, r, isDelivered, "WITHDRAWN")
						b.wantPackages()
						return
					}
					b.wantPackages(test.end)
					if got := b.shipment(); got.DeliveryMethod != h.record.GetParcel().GetCarrier() {
						t.Errorf("shipment is %+v", got)
					}
				})
			}
		}
	}
}
