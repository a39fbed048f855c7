package orders

import (
	"fmt"
	"strings"

	"github.com/spurline/spurline/server/store"
)

// tally counts what the summary of a story says.
type tally struct {
	orderKnown bool
	numbers    int
	// one: only the tracking number asked for is told of, and the order may have more.
	one bool
	// connections of the merchant, and the titles of those that take tracking, each once.
	connections int
	takers      []string
	// states counts the deliveries that are the last of their record on their
	// connection, but for outdated ones, which brought an older revision.
	states   map[store.DeliveryState]int
	outdated int
	// gone counts deliveries of deleted connections, never connections that take such
	// records and did not get this one.
	gone, never int
}

// add counts a record on a connection.
func (c *tally) add(s situation) {
	switch {
	case s.delivery == nil:
		c.never++
	case s.connection == nil:
		c.gone++
	case s.outdated():
		c.outdated++
	default:
		c.states[s.delivery.State]++
	}
}

// summary says one sentence about the whole story.
func (c *tally) summary() string {
	subject := c.subject()
	made, counted := c.counted()
	switch {
	case !c.orderKnown && c.numbers == 0:
		return "Nothing is kept of this order any more."
	case made > 0:
		return fmt.Sprintf("%s: of %s %s%s.", subject, deliveriesCounted(made), counted, c.notMade())
	case c.never > 0:
		return subject + ": kept, but nothing was sent; each connection says why below."
	case c.connections == 0:
		return subject + ": kept, but the merchant has no connection; ConnectionService.CreateConnection makes one."
	case c.numbers == 0 && len(c.takers) > 0:
		take := "takes"
		if len(c.takers) > 1 {
			take = "take"
		}
		return fmt.Sprintf("Order without tracking numbers so far; %s %s tracking only.",
			strings.Join(c.takers, ", "), take)
	}
	return subject + ": kept, but no connection of the merchant takes such records."
}

// left says where tracking that was of the order is now.
func left(moved []store.Tracking) string {
	var told strings.Builder
	for _, tracking := range moved {
		fmt.Fprintf(&told, " Tracking number %s moved to order %s.", tracking.Number, tracking.OrderID)
	}
	return told.String()
}

// subject is what the summary is about.
func (c *tally) subject() string {
	numbers := times(c.numbers, "tracking number")
	if c.one {
		numbers = "the tracking number asked for"
	}
	switch {
	case c.orderKnown && c.one:
		return "Order and " + numbers
	case c.orderKnown:
		return "Order with " + numbers
	}
	return strings.ToUpper(numbers[:1]) + numbers[1:] + " of an order that was not submitted itself"
}

// counted says how many deliveries there are, and how many of each state.
func (c *tally) counted() (made int, text string) {
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{
		{c.states[store.Delivered], "delivered"},
		{c.states[store.Pending], "waiting"},
		{c.states[store.Blocked], "waiting for the order"},
		{c.states[store.Failed], "failed and in need of a hand"},
		{c.states[store.Skipped], "skipped on purpose"},
		{c.states[store.Cancelled], "cancelled"},
		{c.states[store.Superseded], "superseded"},
		{c.outdated, "of an older revision"},
		{c.gone, "of deleted connections"},
	} {
		if part.n > 0 {
			made += part.n
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	return made, strings.Join(parts, ", ")
}

// notMade adds those that were not made.
func (c *tally) notMade() string {
	switch c.never {
	case 0:
		return ""
	case 1:
		return "; 1 more was not made, which says why below"
	}
	return fmt.Sprintf("; %d more were not made, which say why below", c.never)
}

func deliveriesCounted(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}
