package dispatch_test

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/facts"
	"github.com/spurline/spurline/server/store"
)

// op is what a step of a schedule does.
type op int

const (
	order op = iota
	tracking
	pass
	connect
	edit
	refilter
	setState
	remove
	retry
	retryAll
	cancel
	plugin
	recheck
	restart
	crash
)

var opNames = []string{
	"order", "tracking", "pass", "connect", "edit", "refilter", "setState", "remove", "retry", "retryAll", "cancel",
	"plugin", "recheck", "restart", "crash",
}

func (o op) String() string { return opNames[o] }

// step is one step. What a, b and c mean depends on the op; each is below 8.
type step struct {
	op      op
	a, b, c int
	// rush: the next step follows before this one has had its effects.
	rush bool
}

func (s step) String() string {
	return fmt.Sprintf("{%v, %d, %d, %d, %t}", s.op, s.a, s.b, s.c, s.rush)
}

// do does a step.
func (r *modelRun) do(s step) {
	switch s.op {
	case order:
		r.submitOrder(fmt.Sprint("o", s.a%3), fmt.Sprint("s", s.b%3), commercev1.OrderStatus([]int32{1, 4, 5}[s.c%3]))
	case tracking:
		r.submitTracking(fmt.Sprint("N", s.a%4), fmt.Sprint("o", s.b%3), fmt.Sprint("carrier", s.c%3))
	case pass:
		r.pass([]time.Duration{time.Second, 10 * time.Second, time.Minute, time.Hour}[s.a%4])
	case connect:
		r.connect(s)
	case edit:
		r.on(s.a, func(c *ledgerConnection) { r.editSettings(c) })
	case refilter:
		r.on(s.a, func(c *ledgerConnection) {
			r.setFilter(c, []string{"", `order.order_source != "s1"`, `order.order_source == "s1"`}[s.b%3])
		})
	case setState:
		states := []store.ConnectionState{store.Active, store.Paused, store.Active, store.Disabled}
		r.on(s.a, func(c *ledgerConnection) { r.setState(c, states[s.b%4]) })
	case remove:
		r.on(s.a, r.remove)
	case retry:
		r.onDelivery(s, r.retry)
	case retryAll:
		r.on(s.a, r.retryAll)
	case cancel:
		r.onDelivery(s, func(id store.DeliveryID) {
			if err := r.store.CancelDelivery(r.ctx, id, time.Now()); !errors.Is(err, store.ErrWrongState) {
				r.must(err)
			}
		})
	case plugin:
		r.setReady([]string{sure, blunt}[s.a%2], s.b%2 == 0)
	case recheck:
		for _, plugin := range []string{sure, blunt} {
			due, _, err := r.store.DueRechecks(r.ctx, plugin, time.Now().Add(time.Hour), 10)
			r.must(err)
			for _, c := range due {
				_, err := r.store.StartProbing(r.ctx, c.Key, c.Generation, time.Now())
				r.must(err)
			}
		}
	case restart:
		r.stop()
		r.start()
	case crash:
		r.crash(s.a, []time.Duration{0, time.Second, 10 * time.Second, time.Minute}[s.b%4])
		r.start()
	}
}

// on does something with a connection that exists, if there is one.
func (r *modelRun) on(n int, do func(c *ledgerConnection)) {
	var all []*ledgerConnection
	for _, c := range r.conns {
		if !c.deleted {
			all = append(all, c)
		}
	}
	if len(all) > 0 {
		do(all[n%len(all)])
	}
}

// onDelivery does something with one of the last deliveries.
func (r *modelRun) onDelivery(s step, do func(id store.DeliveryID)) {
	if len(r.made) > 0 {
		do(r.made[len(r.made)-1-min(s.a+8*(s.b%3), len(r.made)-1)])
	}
}

func encoded(r *modelRun, m proto.Message) []byte {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	r.must(err)
	return raw
}

func (r *modelRun) submitOrder(id, source string, status commercev1.OrderStatus) {
	submitted := &commercev1.Order{OrderId: id, OrderSource: proto.String(source), Status: status}
	body := encoded(r, submitted)
	r.mu.Lock()
	expected := r.orderSubmitted(id, source, status.String())
	r.mu.Unlock()
	r.accept(store.Submission{Order: &store.OrderSubmission{
		OrderID: id, Body: body, Hash: body, Source: source, Facts: facts.OfOrder(submitted),
	}}, expected)
}

func (r *modelRun) submitTracking(number, orderID, carrier string) {
	parcel := &commercev1.Parcel{TrackingNumber: number, Carrier: proto.String(carrier)}
	body := encoded(r, &commercev1.Shipment{OrderId: orderID, Parcels: []*commercev1.Parcel{parcel}})
	r.mu.Lock()
	expected := r.trackingSubmitted(number, orderID, carrier)
	r.mu.Unlock()
	r.accept(store.Submission{Parcels: []store.ParcelSubmission{{
		NumberKey: number, Number: number, OrderID: orderID, Body: body, Hash: body,
	}}}, expected)
}

// accept submits, and holds the receipt against the deliveries that are expected.
func (r *modelRun) accept(submission store.Submission, expected map[int64]int) {
	version, wants, err := r.store.PlannedConnections(r.ctx, r.merchant.Key)
	r.must(err)
	submission.MerchantKey, submission.ConfigVersion, submission.Wants = r.merchant.Key, version, wants
	submission.Now = time.Now()
	receipt, err := r.store.Accept(r.ctx, submission)
	r.must(err)
	got := map[int64]int{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range receipt.Records {
		for _, ref := range record.Deliveries {
			got[ref.Connection]++
			r.made = append(r.made, ref.ID)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(expected) {
		r.fail("deliveries made by connection: %v, want %v (promise P2)", got, expected)
	}
}

// sharedBy is how the accounts are named that several connections have.
const sharedBy = "shared by "

// connect makes a connection of one of many shapes.
func (r *modelRun) connect(s step) {
	if len(r.conns) == 4 {
		return
	}
	source := store.FactSet(0).With(store.Fact(pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE))
	c := store.Connection{
		MerchantKey: r.merchant.Key, ID: fmt.Sprint("c", len(r.conns)), Plugin: []string{sure, blunt}[s.a/4%2],
		State: store.Active, Generation: 1, Check: store.Untested, CreateTime: time.Now(),
		Takes: store.Takes{
			Tracking: s.a%4 != 3, Orders: s.a%4 > 1, ScopePerOrder: s.b%2 == 1, Intents: s.a/4%2 == 1,
		},
		AllowRepeats: s.b/2%2 == 1, WaitForOrder: time.Duration(s.c/2%2) * time.Hour,
	}
	if s.a%4 != 1 {
		c.Takes.Facts = source
	}
	if s.c/4 == 1 {
		c.Filter = `order.order_source != "s1"`
	}
	created, err := r.store.CreateConnection(r.ctx, c)
	r.must(err)
	if s.c%2 == 1 {
		created.AccountID = sharedBy + c.Plugin
		r.must(r.store.SetCheckResult(r.ctx, store.CheckResult{
			Connection: created.Key, Generation: 1, Check: store.Passed, AccountID: created.AccountID, Now: time.Now(),
		}))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, &ledgerConnection{Connection: created, wanted: map[string]*wanted{}})
}

func (r *modelRun) setReady(plugin string, ready bool) {
	r.mu.Lock()
	r.stopped[plugin] = !ready
	r.mu.Unlock()
	if ready {
		r.dispatcher.PluginReady(plugin)
	}
}
