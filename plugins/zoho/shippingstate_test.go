package zoho

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// world is a merchant with two orders and some parcels, at a Zoho that fails at random.
type world struct {
	t       *rapid.T
	stand   *zohotest.Server
	org     zohotest.Org
	clock   *leapClock
	base    string
	client  *sdk.Client
	copier  *Copier
	orders  []*commercev1.Order
	parcels []*hosted
	last    map[*hosted]sdk.Result
}

// connect is the plugin after a start.
func (w *world) connect() {
	env := sdk.Env{Logger: slog.New(slog.DiscardHandler), HTTP: w.client, Clock: w.clock}
	c, err := newCopier(env, Settings{
		DataCentre: "us", Organisation: w.org.ID(), ClientID: zohotest.ClientID, APIBase: w.base,
		ClientSecret: sdk.NewSecret(zohotest.ClientSecret), RefreshToken: sdk.NewSecret(zohotest.RefreshToken),
		Confirm: true, CreateCustomers: true, CallsPerMinute: 10_000,
	}, newShared(inventory.DataCentres()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.copier = c
}

var worldSKUs = []string{"A", "B", "C"}

func (w *world) begin() {
	for _, sku := range worldSKUs {
		w.org.AddItem(zohotest.Item{SKU: sku, Name: sku, Rate: "1"})
	}
	w.connect()
	for i := range 2 {
		var lines []string
		for range rapid.IntRange(1, 3).Draw(w.t, "lines") {
			lines = append(lines, rapid.SampledFrom(worldSKUs).Draw(w.t, "sku"),
				rapid.SampledFrom([]string{"1", "2", "3", "0.5", "2.25"}).Draw(w.t, "ordered"))
		}
		o := orderOf(lines...)
		o.OrderId = fmt.Sprintf("order-%d", i)
		w.orders = append(w.orders, o)
		d := &sdk.OrderDelivery{Delivery: sdk.Delivery{ID: "o", Attempt: 1, Revision: 1}, Order: o}
		if r := w.copier.CopyOrder(context.Background(), d); r.Outcome() != isDelivered {
			w.t.Fatalf("the order is %s %s: %s", r.Outcome(), r.Reason(), r.Hint())
		}
	}
	for i := range 3 {
		record := parcel(w.orders[0], fmt.Sprintf("TRACK%d", i))
		if rapid.Bool().Draw(w.t, "known contents") {
			record.Parcel.Contents = w.drawContents()
		}
		w.parcels = append(w.parcels, &hosted{record: record, revision: 1})
	}
}

func (w *world) drawContents() []*commercev1.ParcelItem {
	var all []*commercev1.ParcelItem
	for range rapid.IntRange(1, 2).Draw(w.t, "contents") {
		all = append(all, item(rapid.SampledFrom(worldSKUs).Draw(w.t, "content"),
			rapid.SampledFrom([]string{"1", "2", "0.5", "0.25"}).Draw(w.t, "packed")))
	}
	return all
}

// edit is a further revision of a parcel.
func (w *world) edit(h *hosted) {
	record := proto.CloneOf(h.record)
	switch rapid.SampledFrom([]string{"carrier", "date", "contents", "void", "move"}).Draw(w.t, "edit") {
	case "carrier":
		record.Parcel.Carrier = proto.String(rapid.SampledFrom([]string{"UPS", "DHL", "GLS"}).Draw(w.t, "carrier"))
	case "date":
		record.Parcel.ShipDate = proto.String(rapid.SampledFrom([]string{"2026-11-20", "2026-11-21"}).Draw(w.t, "date"))
	case "contents":
		record.Parcel.Contents = w.drawContents()
	case "void":
		record.Parcel.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
		if h.record.GetParcel().GetStatus() == record.GetParcel().GetStatus() {
			record.Parcel.Status = commercev1.ParcelStatus_PARCEL_STATUS_SHIPPED
		}
	case "move":
		if w.mayBeTaken(h) {
			return
		}
		to := w.orders[0]
		if record.GetOrderId() == to.GetOrderId() {
			to = w.orders[1]
		}
		record.EarlierOrderIds = []string{record.GetOrderId()} // There are two.
		record.OrderId, record.Order = to.GetOrderId(), to
	}
	h.record = record
	h.revision++
}

// mayBeTaken says that a send which told nobody may have left a package of the parcel
// without a shipment, and that another parcel, whose contents are not known, may take it
// for its own once the parcel is of another order.
func (w *world) mayBeTaken(h *hosted) bool {
	if !h.doubtful && !recall(h.state).Unsure {
		return false
	}
	return slices.ContainsFunc(w.parcels, func(other *hosted) bool {
		return other != h && len(other.record.GetParcel().GetContents()) == 0
	})
}

// drawFault is a fault of one of the next calls. Zoho never lies about what it does not
// have: that a record is gone is said of posts only, which are then looked at again.
func (w *world) drawFault() zohotest.Fault {
	post := map[string]zohotest.Fault{
		"gone": zohotest.Failure(404, 1002, ""), "taken": zohotest.Failure(400, 1001, ""),
	}
	faults := map[string]zohotest.Fault{
		"reset": zohotest.Reset(), "reset after": zohotest.Reset().AfterStore(), "500": zohotest.Status(500),
		"502 after": zohotest.HTML(http.StatusBadGateway).AfterStore(), "garbled": zohotest.Garbled(),
		"cut": zohotest.Truncated(), "nothing": zohotest.Empty(200), "too many": zohotest.TooManyInFlight(),
		"false success": zohotest.FalseSuccess(1000), "refused": zohotest.Failure(400, 4711, ""),
	}
	names := []string{
		"cut", "false success", "garbled", "gone", "nothing", "500", "502 after", "refused", "reset", "reset after", "taken",
		"too many",
	}
	name := rapid.SampledFrom(names).Draw(w.t, "fault")
	after := rapid.IntRange(0, 7).Draw(w.t, "after calls")
	if f, ok := post[name]; ok {
		return f.On("POST", rapid.SampledFrom([]string{"/packages", "/shipmentorders"}).Draw(w.t, "at"))
	}
	return faults[name].After(after)
}

// deliver sends a parcel once, as the host composes it.
func (w *world) deliver(h *hosted, crash bool) sdk.Result {
	record := proto.CloneOf(h.record)
	for _, other := range w.parcels {
		if other != h && other.record.GetOrderId() == record.GetOrderId() {
			number := other.record.GetParcel().GetTrackingNumber()
			record.SiblingTrackingNumbers = append(record.SiblingTrackingNumbers, number)
			if other.record.GetParcel().GetStatus() == commercev1.ParcelStatus_PARCEL_STATUS_VOIDED {
				record.VoidedSiblingTrackingNumbers = append(record.VoidedSiblingTrackingNumbers, number)
			}
		}
	}
	record.ParcelCount = uint32(len(record.GetSiblingTrackingNumbers()) + 1)
	r := w.copier.ForwardTracking(context.Background(), &sdk.TrackingDelivery{
		Delivery: sdk.Delivery{
			ID: "d", Attempt: 1, Revision: h.revision, FateUnknown: h.doubtful, RemoteID: h.remoteID, State: h.state,
			CreateTime: benchTime,
		},
		Record: record,
	})
	if crash {
		h.keep(nil)
		w.connect()
		return r
	}
	kept := &pluginv1.DeliveryResult{Outcome: r.Outcome(), RemoteId: r.RemoteID()}
	if state, ok := r.State(); ok {
		kept.State = append([]byte{}, state...)
	}
	h.keep(kept)
	w.last[h] = r
	if r.Delay() > 0 {
		_ = w.clock.Wait(context.Background(), r.Delay())
	}
	w.checkAlways()
	return r
}

// checkAlways is what holds at any time: no number is shipped twice, and no line of an
// order is packed beyond what was ordered.
func (w *world) checkAlways() {
	seen := map[string]int{}
	for _, s := range w.org.Shipments() {
		seen["shipment "+squash(s.TrackingNumber)]++
	}
	for _, p := range w.org.Packages() {
		seen["package "+p.Number]++
	}
	for name, count := range seen {
		if count > 1 {
			w.t.Fatalf("%s is there %d times", name, count)
		}
	}
	for _, o := range w.org.Orders() {
		for _, line := range o.Lines {
			if quantityOf(string(line.Packed)).Cmp(quantityOf(string(line.Quantity))) > 0 {
				w.t.Fatalf("%s of %s are packed", line.Packed, line.Quantity)
			}
		}
	}
}

// checkEnd is what holds once everything was delivered without a fault.
func (w *world) checkEnd() {
	shipments, packages := w.org.Shipments(), w.org.Packages()
	for _, h := range w.parcels {
		number, of := h.record.GetParcel().GetTrackingNumber(), h.record.GetParcel()
		var mine []zohotest.Shipment
		noted := 0
		for _, s := range shipments {
			if s.TrackingNumber == number {
				mine = append(mine, s)
			}
			noted += strings.Count(s.Notes, number)
		}
		at := slices.IndexFunc(packages, func(p zohotest.Package) bool { return p.Number == number })
		voided := of.GetStatus() == commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
		r := w.last[h]
		switch {
		case voided:
			if len(mine) > 0 || at >= 0 || noted > 0 {
				w.t.Fatalf("%s is voided, and there: %+v", number, mine)
			}
		case r.Outcome() == isRejected:
			if !slices.Contains([]string{"OVERPACKED", "PARCEL_ITEM_UNKNOWN", "NOTHING_TO_PACK"}, r.Reason()) {
				w.t.Fatalf("%s is rejected: %s %s", number, r.Reason(), r.Hint())
			}
		case r.Outcome() != isDelivered:
			w.t.Fatalf("%s is %s %s in the end: %s", number, r.Outcome(), r.Reason(), r.Hint())
		case r.Reason() == "NOTED":
			if len(mine) > 0 || at >= 0 || noted != 1 {
				w.t.Fatalf("%s is noted %d times, and has %d shipments", number, noted, len(mine))
			}
		default:
			if len(mine) != 1 || at < 0 || noted > 0 || packages[at].ShipmentID != mine[0].ID || r.RemoteID() != mine[0].ID {
				w.t.Fatalf("%s has shipments %+v, packages %+v, is noted %d times", number, mine, packages, noted)
			}
			w.checkFacts(h, mine[0], packages[at])
		}
	}
}

func (w *world) checkFacts(h *hosted, s zohotest.Shipment, p zohotest.Package) {
	of := h.record.GetParcel()
	order, ok := w.org.Order(h.record.GetOrderId())
	if !ok || p.OrderID != order.ID || s.OrderID != order.ID {
		w.t.Fatalf("%s is in another order", s.TrackingNumber)
	}
	if s.DeliveryMethod != of.GetCarrier() || s.Date != of.GetShipDate() {
		w.t.Fatalf("shipment is %+v, want %s", s, of)
	}
	wanted := gatherParcel(h.record).contents
	if len(wanted) == 0 {
		return
	}
	for _, c := range wanted {
		for _, line := range p.Lines {
			if line.SKU == c.sku {
				c.quantity.Sub(c.quantity, quantityOf(string(line.Quantity)))
			}
		}
		if c.quantity.Sign() != 0 {
			w.t.Fatalf("package is %+v, want %s", p, of)
		}
	}
}

// organisationsEach is how many organisations a stand-in has in TestParcelsConverge. Zoho's
// list of them, which is asked for a time zone, would be too long some day.
const organisationsEach = 500

// TestParcelsConverge: whatever fails, in whatever order parcels are sent, edited, voided
// and moved, and wherever the process dies: in the end each live number is there once,
// with its facts, and no voided one is.
func TestParcelsConverge(t *testing.T) {
	t.Parallel()
	clock, client := &leapClock{now: benchTime}, sdk.NewClient()
	var (
		stands []*zohotest.Server
		base   string
	)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		if runs%organisationsEach == 0 {
			stands = append(stands, zohotest.New(zohotest.WithClock(clock.Now), zohotest.WithoutLimits()))
			base = stands[len(stands)-1].Start(t)
		}
		runs++
		stand := stands[len(stands)-1]
		stand.ForgetFaults()
		w := &world{
			t: rt, stand: stand, org: stand.Org(fmt.Sprint(70_000_000_000 + runs)), clock: clock, base: base,
			client: client, last: map[*hosted]sdk.Result{},
		}
		w.begin()
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			h := w.parcels[rapid.IntRange(0, len(w.parcels)-1).Draw(rt, "parcel")]
			if rapid.IntRange(0, 2).Draw(rt, "edits") == 0 {
				w.edit(h)
			}
			for range rapid.IntRange(0, 2).Draw(rt, "faults") {
				stand.Script(w.drawFault())
			}
			w.deliver(h, rapid.IntRange(0, 3).Draw(rt, "crash") == 0)
			stand.ForgetFaults()
		}
		// What a withdrawal makes room for, or takes the note of, comes with a later round.
		for range 4 {
			for _, h := range w.parcels {
				w.deliver(h, false)
			}
		}
		w.checkEnd()
	})
	for _, stand := range stands {
		for _, v := range stand.Violations() {
			t.Errorf("the stand-in saw what Zoho's document forbids: %+v", v)
		}
	}
}
