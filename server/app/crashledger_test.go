package app_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// customer is a merchant of the crash test with its caller's own ledger: what was
// answered OK. It belongs to one caller.
type customer struct {
	index  int
	name   string
	remote *remote
	// books is the merchant's Zoho; nil without a connection to it.
	books *books
	// connections by id, with the organisation at the stand-in.
	connections map[string]string
	// key is the first connection's now, of so many.
	key       string
	keys      int
	mapsSlugs bool
	random    *rand.Rand

	orders  []*soldOrder
	parcels []*sentParcel
	// told are the deliveries that answers named.
	told map[string]bool
	// answered are requests with an id that were answered, to be repeated.
	answered []answeredRequest
	versions int64
	// edited is the parcel that was edited last.
	edited int
	// following are the messages that have to come next.
	following []func() message
	// postponed are orders to be void at Zoho when their labels are taken back.
	postponed []*apiv1.Delivery

	// What the check found: deliveries by state, and by connection and state.
	states, outcomes map[string]int
	counted          map[string]int64
	sends            int
}

type soldOrder struct {
	id string
	// serial counts the orders of the merchant.
	serial int
	// known says that the order was submitted, not only its tracking.
	known bool
	// facts number what is joined to tracking, edits what is not.
	facts, edits int
	cancelled    bool
	version      int64
	revision     uint64
}

type sentParcel struct {
	number   string
	order    *soldOrder
	content  int
	carrier  string
	voided   bool
	revision uint64
	// foreign: somebody else made a tracking of it before us. unusable: AfterShip
	// takes no such number.
	foreign, unusable bool
}

// answeredRequest is a request with its id and the answer it got.
type answeredRequest struct {
	message message
	answer  proto.Message
}

// message is one submission: exactly one of the requests.
type message struct {
	order    *apiv1.SubmitOrderRequest
	tracking *apiv1.SubmitTrackingRequest
}

func (m message) requestID() string {
	if m.order != nil {
		return m.order.GetRequestId()
	}
	return m.tracking.GetRequestId()
}

var (
	crashCountries = []string{"DE", "FR", "US"}
	crashAlpha3    = []string{"DEU", "FRA", "USA"}
	crashCarriers  = []string{"UPS", "DHL"}
)

func (c *customer) submitted(o *soldOrder) message {
	body := order(o.id, cart(o.facts), crashCountries[o.facts%len(crashCountries)])
	body.ShippingMethod = new(fmt.Sprintf("method %d", o.edits))
	if o.cancelled {
		body.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	}
	if c.books != nil {
		o.itemise(body)
	}
	return c.named(message{order: &apiv1.SubmitOrderRequest{Parent: c.name, Order: body, SourceVersion: new(o.version)}})
}

func (c *customer) shipped(o *soldOrder, parcels ...*sentParcel) message {
	body := &commercev1.Shipment{
		OrderId: o.id, OrderSource: new(cart(0)), Destination: &commercev1.Address{CountryCode: &crashCountries[0]},
	}
	for _, p := range parcels {
		parcel := &commercev1.Parcel{
			TrackingNumber: p.number, Carrier: new(p.carrier), ShipDate: new(shipDay(p.content)),
		}
		if p.voided {
			parcel.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
		}
		if c.books != nil {
			parcel.Contents = p.contents()
		}
		body.Parcels = append(body.Parcels, parcel)
	}
	return c.named(message{tracking: &apiv1.SubmitTrackingRequest{Parent: c.name, Shipment: body}})
}

// named gives every second request an id.
func (c *customer) named(m message) message {
	c.versions++
	if c.random.IntN(2) == 0 {
		return m
	}
	id := fmt.Sprintf("request-%d", c.versions)
	if m.order != nil {
		m.order.RequestId = &id
	} else {
		m.tracking.RequestId = &id
	}
	return m
}

// newOrder adds an order to the ledger. The message that submits it comes later.
func (c *customer) newOrder() *soldOrder {
	o := &soldOrder{id: fmt.Sprintf("A-%d-%d", c.index, len(c.orders)), serial: len(c.orders)}
	c.orders = append(c.orders, o)
	return o
}

func (c *customer) newParcel(o *soldOrder) *sentParcel {
	p := &sentParcel{
		number: c.number(len(c.parcels)), order: o, carrier: crashCarriers[c.random.IntN(len(crashCarriers))],
	}
	switch {
	case len(c.parcels) == 0 && c.index%4 == 0:
		p.foreign = true
	case c.random.IntN(100) == 0:
		p.number, p.unusable = fmt.Sprintf("#%d", len(c.parcels)), true
	}
	c.parcels = append(c.parcels, p)
	return p
}

func (c *customer) number(i int) string { return fmt.Sprintf("1Z%04d%012d", c.index, i) }

// next returns what the caller submits next. The ledger has it already: a caller
// repeats a message until it is answered OK.
func (c *customer) next() message {
	if len(c.following) > 0 {
		follows := c.following[0]
		c.following = c.following[1:]
		return follows()
	}
	if len(c.orders) == 0 || c.random.IntN(100) < 20 {
		return c.begin(c.newOrder())
	}
	o := c.orders[c.random.IntN(len(c.orders))]
	if c.closed(o) {
		return c.sell(o)
	}
	if len(c.parcels) == 0 || c.random.IntN(100) < 40 {
		if c.full(o) {
			return c.sell(o)
		}
		var parcels []*sentParcel
		for range 1 + c.random.IntN(3) {
			parcels = append(parcels, c.newParcel(o))
		}
		return c.shipped(o, parcels...)
	}
	p := c.parcels[c.random.IntN(len(c.parcels))]
	if c.random.IntN(2) == 0 { // Again, while the edit before may be on its way.
		p = c.parcels[min(c.edited, len(c.parcels)-1)]
	}
	c.edited = slices.Index(c.parcels, p)
	if c.closed(p.order) {
		return c.sell(o)
	}
	switch drawn := c.random.IntN(100); {
	case drawn < 30:
		return c.sell(o)
	case drawn < 37:
		return c.cancel(o)
	case drawn < 47:
		p.voided = true
	case drawn < 50:
		p.voided = false
	case drawn < 53 && !p.foreign && !p.unusable:
		p.order = o
	case drawn < 60:
		p.carrier = crashCarriers[c.random.IntN(len(crashCarriers))]
	}
	p.content++
	return c.shipped(p.order, p)
}

// begin submits what is the first of an order. Where it has no lines yet, its tracking
// comes first at times.
func (c *customer) begin(o *soldOrder) message {
	if c.books != nil && c.random.IntN(10) == 0 {
		c.following = append(c.following, func() message { return c.sell(o) })
		return c.shipped(o, c.newParcel(o))
	}
	return c.sell(o)
}

// sell submits an order, new or with other content.
func (c *customer) sell(o *soldOrder) message {
	switch {
	case !o.known:
		o.known = true
		o.facts = 1
	case c.random.IntN(2) == 0:
		o.facts++
	default:
		o.edits++
	}
	o.version++
	return c.submitted(o)
}

// stale returns an older content of an order, if there is one: it changes nothing.
func (c *customer) stale() (message, bool) {
	i := slices.IndexFunc(c.orders, func(o *soldOrder) bool { return o.version > 1 })
	if i < 0 {
		return message{}, false
	}
	old := *c.orders[i]
	old.version--
	old.edits += 1000
	return c.submitted(&old), true
}

// keep notes an answer of OK.
func (c *customer) keep(m message, answer proto.Message) error {
	if m.requestID() != "" {
		c.answered = append(c.answered, answeredRequest{m, answer})
	}
	switch answered := answer.(type) {
	case *apiv1.SubmitOrderResponse:
		c.tell(answered.GetDeliveries())
		i := slices.IndexFunc(c.orders, func(o *soldOrder) bool { return o.id == m.order.GetOrder().GetOrderId() })
		c.orders[i].revision = max(c.orders[i].revision, answered.GetRevision())
	case *apiv1.SubmitTrackingResponse:
		for _, parcel := range answered.GetParcels() {
			c.tell(parcel.GetDeliveries())
			i := slices.IndexFunc(c.parcels, func(p *sentParcel) bool { return p.number == parcel.GetTrackingNumber() })
			if i < 0 {
				return fmt.Errorf("%s: the answer names %q, which nobody sent", c.name, parcel.GetTrackingNumber())
			}
			if before := c.parcels[i].revision; parcel.GetRevision() < before {
				return fmt.Errorf("%s: %q went from revision %d back to %d", c.name,
					parcel.GetTrackingNumber(), before, parcel.GetRevision())
			}
			c.parcels[i].revision = parcel.GetRevision()
		}
	}
	return nil
}

func (c *customer) tell(deliveries []*apiv1.DeliveryReference) {
	for _, d := range deliveries {
		c.told[d.GetName()] = true
	}
}

// want is what AfterShip must have in the end under a number; nil if nothing.
func (c *customer) want(p *sentParcel) map[string]any {
	switch {
	case p.unusable:
		return nil
	case p.foreign:
		return map[string]any{"order_id": "by hand", "tracking_ship_date": nil, "custom_fields.order_source": ""}
	case p.voided:
		return nil
	}
	want := map[string]any{
		"order_id": p.order.id, "tracking_ship_date": shipDay(p.content),
		"custom_fields.order_source": cart(p.order.facts),
		"destination_country_region": crashAlpha3[p.order.facts%len(crashAlpha3)],
	}
	if c.mapsSlugs {
		want["slug"] = map[string]string{"UPS": "ups", "DHL": "dhl"}[p.carrier]
	}
	return want
}

// connectionIDs lists the ids of the connections in order.
func (c *customer) connectionIDs() []string {
	ids := slices.Sorted(maps.Keys(c.connections))
	if c.books != nil {
		ids = append(ids, "zoho")
	}
	return ids
}
