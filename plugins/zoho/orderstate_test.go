package zoho

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// sentOrder is an order as the host keeps it.
type sentOrder struct {
	order    *commercev1.Order
	remoteID string
	state    []byte
	doubtful bool
	revision uint64
	last     sdk.Result
}

// keep takes over what the host does of a result: the id of what arrived or was met, and a
// doubt until something did.
func (c *sentOrder) keep(r sdk.Result) {
	c.last = r
	arrived := r.Outcome() == isDelivered || r.Outcome() == isPresent
	if arrived && r.RemoteID() != "" {
		c.remoteID = r.RemoteID()
	}
	if state, ok := r.State(); ok {
		c.state = state
	}
	c.doubtful = !arrived && (c.doubtful || r.Outcome() == isUnknown)
}

// copying is a merchant with some orders, at a Zoho that fails at random.
type copying struct {
	t      *rapid.T
	org    zohotest.Org
	clock  *leapClock
	base   string
	copier *Copier
	orders []*sentOrder
}

// connect is the plugin after a start.
func (w *copying) connect() {
	env := sdk.Env{Logger: slog.New(slog.DiscardHandler), HTTP: sdk.NewClient(), Clock: w.clock}
	c, err := newCopier(env, Settings{
		DataCentre: "us", Organisation: w.org.ID(), ClientID: zohotest.ClientID, APIBase: w.base,
		ClientSecret: sdk.NewSecret(zohotest.ClientSecret), RefreshToken: sdk.NewSecret(zohotest.RefreshToken),
		Confirm: true, CreateCustomers: true, CallsPerMinute: 10_000, AddressMode: addressesStored,
	}, newShared(inventory.DataCentres()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.copier = c
}

// edit is a further revision of an order. The customer of one whose fate is not known
// stays: it is what tells the order from that of another shop.
func (w *copying) edit(c *sentOrder) {
	o := proto.CloneOf(c.order)
	edits := []string{"quantity", "line", "customer", "note", "address", "cancel", "hold"}
	switch rapid.SampledFrom(edits).Draw(w.t, "edit") {
	case "quantity":
		o.LineItems[0].Quantity = rapid.SampledFrom([]string{"1", "2", "0.5"}).Draw(w.t, "quantity")
	case "line":
		o.LineItems = append(o.LineItems[:1:1], &commercev1.LineItem{
			Sku: proto.String(rapid.SampledFrom(worldSKUs).Draw(w.t, "sku")), Quantity: "1", UnitPrice: usd("3.33"),
			Discount: usd(rapid.SampledFrom([]string{"0", "0.50"}).Draw(w.t, "discount")),
		})
	case "customer":
		if c.doubtful || recall(c.state).Unsure {
			return
		}
		o.Customer.Email = proto.String(rapid.SampledFrom([]string{"a@example.com", "b@example.com"}).Draw(w.t, "e-mail"))
	case "note":
		o.Notes[0].Text = rapid.SampledFrom([]string{"ring", "knock"}).Draw(w.t, "note")
	case "address":
		o.ShipTo.Lines = []string{rapid.SampledFrom([]string{"1 Main St", "2 Side St"}).Draw(w.t, "street")}
	case "cancel":
		o.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	case "hold":
		if o.GetStatus() != commercev1.OrderStatus_ORDER_STATUS_CANCELLED {
			o.Status = commercev1.OrderStatus_ORDER_STATUS_ON_HOLD
		}
	}
	c.order = o
	c.revision++
}

func (w *copying) drawFault() zohotest.Fault {
	after := rapid.IntRange(0, 8).Draw(w.t, "after calls")
	faults := []zohotest.Fault{
		zohotest.Reset(), zohotest.Reset().AfterStore(), zohotest.Status(500), zohotest.Truncated(), zohotest.Garbled(),
		zohotest.HTML(http.StatusBadGateway).AfterStore(), zohotest.Empty(200).AfterStore(), zohotest.TooManyInFlight(),
		zohotest.Failure(200, 1000, "").AfterStore(), zohotest.FalseSuccess(1000), zohotest.Failure(400, 4711, ""),
		zohotest.Body(200, "application/json", `{"code":0,"message":"success"}`).AfterStore().On("PUT", "/salesorders/{id}"),
	}
	return rapid.SampledFrom(faults).Draw(w.t, "fault").After(after)
}

// deliver sends an order once. With crash the process ends before it answers.
func (w *copying) deliver(c *sentOrder, crash bool) {
	r := w.copier.CopyOrder(context.Background(), &sdk.OrderDelivery{
		Delivery: sdk.Delivery{
			ID: "d", Attempt: 1, Revision: c.revision, FateUnknown: c.doubtful, RemoteID: c.remoteID, State: c.state,
			CreateTime: benchTime,
		},
		Order: c.order,
	})
	if crash {
		c.doubtful = true
		w.connect()
		return
	}
	c.keep(r)
	if r.Delay() > 0 {
		_ = w.clock.Wait(context.Background(), r.Delay())
	}
}

func (w *copying) check(c *sentOrder) {
	var there []zohotest.Order
	for _, o := range w.org.Orders() {
		if o.Reference == c.order.GetOrderId() {
			there = append(there, o)
		}
	}
	gone := c.order.GetStatus() == commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	switch {
	case len(there) > 1:
		w.t.Fatalf("%d sales orders", len(there))
	case len(there) == 0 && (!gone || c.last.Outcome() != isSkipped):
		w.t.Fatalf("no sales order, but %s %s", c.last.Outcome(), c.last.Reason())
	case len(there) == 0:
		return
	case gone:
		if there[0].Status != "void" || c.last.Outcome() != isDelivered {
			w.t.Fatalf("a cancelled order is %s: %s %s", there[0].Status, c.last.Outcome(), c.last.Reason())
		}
		return
	case c.last.Outcome() != isDelivered || c.last.RemoteID() != there[0].ID:
		w.t.Fatalf("%s %s of %s: %s", c.last.Outcome(), c.last.Reason(), c.last.RemoteID(), c.last.Hint())
	}
	f, err := w.copier.gather(c.order)
	o := there[0]
	if err != nil || !sameAmount(string(f.figures.Total), string(o.Total)) ||
		len(o.Lines) != len(c.order.GetLineItems()) || o.Notes != notesOf(c.order) ||
		o.Shipping.Address != c.order.GetShipTo().GetLines()[0] {
		w.t.Fatalf("%v; the order is %+v, want %s %s", err, o, f.figures.Total, c.order)
	}
	confirmed := c.order.GetStatus() != commercev1.OrderStatus_ORDER_STATUS_ON_HOLD
	if confirmed && o.Status != "confirmed" {
		w.t.Fatalf("status is %s", o.Status)
	}
}

// TestOrdersConverge: whatever fails, however orders are edited and cancelled meanwhile, and
// wherever the process dies: in the end each is there once, with the facts of its last
// revision, and no customer twice.
func TestOrdersConverge(t *testing.T) {
	t.Parallel()
	clock := &leapClock{now: benchTime}
	stand := zohotest.New(zohotest.WithClock(clock.Now), zohotest.WithoutLimits(), zohotest.WithQuirks(zohotest.ItemTax))
	base := stand.Start(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		stand.ForgetFaults()
		w := &copying{t: rt, org: stand.Org(fmt.Sprint(80_000_000_000 + runs)), clock: clock, base: base}
		for i, sku := range worldSKUs {
			w.org.AddItem(zohotest.Item{SKU: sku, Rate: "1", TaxID: w.org.Taxes()[i%2].ID})
		}
		w.connect()
		for i := range 2 {
			o := jo()
			o.OrderId, o.LineItems[0].Sku, o.Totals = fmt.Sprint("order-", i), proto.String("A"), nil
			o.Customer.Email = proto.String("a@example.com")
			w.orders = append(w.orders, &sentOrder{order: o, revision: 1})
		}
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			c := w.orders[rapid.IntRange(0, 1).Draw(rt, "order")]
			if rapid.IntRange(0, 2).Draw(rt, "edits") == 0 {
				w.edit(c)
			}
			for range rapid.IntRange(0, 2).Draw(rt, "faults") {
				stand.Script(w.drawFault())
			}
			w.deliver(c, rapid.IntRange(0, 3).Draw(rt, "crash") == 0)
			stand.ForgetFaults()
		}
		for _, c := range w.orders {
			for range 3 {
				w.deliver(c, false)
				clock.now = clock.now.Add(hiddenWait)
			}
			w.check(c)
		}
		seen := map[string]bool{}
		for _, c := range w.org.Contacts() {
			if seen[c.Persons[0].Email] {
				rt.Fatalf("two customers of %s", c.Persons[0].Email)
			}
			seen[c.Persons[0].Email] = true
		}
	})
	for _, v := range stand.Violations() {
		t.Errorf("the stand-in saw what Zoho's document forbids: %+v", v)
	}
}
