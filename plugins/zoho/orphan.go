package zoho

import (
	"time"

	"github.com/spurline/spurline/plugins/sdk"
)

// A parcel whose sales order is not there is looked up once more soon, as the order may
// just be on its way by another road, and then not before shortestOrphan, later and later.
// An order that comes through Spurline sends its parcels at once, so the calls that the
// organisation has a minute and a day are not spent on asking for orders that nobody makes.
const (
	soonOrphan     = 1
	shortestOrphan = 2 * time.Minute
	longestOrphan  = 12 * time.Hour
)

// orphan is the answer for a parcel of an order that Zoho does not have. It says nothing
// bad of Zoho: other records go on.
func (s *shipping) orphan() sdk.Result {
	return sdk.RetryAfter(s.orphanWait(), "ORDER_NOT_FOUND", "Zoho has no sales order "+s.orderNumber()+" with the "+
		"order id as its reference number: submit the order if this connection copies orders, and its parcels follow it; "+
		"otherwise make it there, or let this connection copy orders"+s.renumbered()).RecordOnly()
}

// orphanWait is how long a parcel waits at least for its order, 0 if that is the host's
// matter. It doubles, as it is the age of the delivery.
func (s *shipping) orphanWait() time.Duration {
	if s.delivery.Attempt <= soonOrphan || s.delivery.CreateTime.IsZero() {
		return 0
	}
	return min(max(s.c.clock.Now().Sub(s.delivery.CreateTime), shortestOrphan), longestOrphan)
}
