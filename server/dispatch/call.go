package dispatch

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// callGrace is how much longer a call may last than a delivery in it.
const callGrace = 5 * time.Second

// call is one batch given to a plugin. Results may come while it runs; what has
// none when it ends gets one made up.
type call struct {
	d      *Dispatcher
	plugin string
	open   map[string]*sending
	// crashes are those of the plugin.
	crashes *crashes
	// accused: a violation was logged. One a call is enough: a plugin that floods
	// must not flood the log.
	accused bool
}

// call sends deliveries of one contract and returns when the call has ended.
func (d *Dispatcher) call(plugin string, batch []*sending) {
	c, connections, sendable := d.newCall(plugin, batch)
	if len(sendable) == 0 || !c.intend(sendable) {
		return
	}
	var process Calls = d.options.Plugins
	if batch[0].isolated {
		process = d.options.Isolation
	}
	if batch[0].tracking == nil {
		request := &pluginv1.CopyOrdersRequest{
			Connections: connections, Deliveries: make([]*pluginv1.OrderDelivery, 0, len(sendable)),
		}
		for _, s := range sendable {
			request.Deliveries = append(request.Deliveries, s.order)
		}
		c.run(len(sendable), func(ctx context.Context) error {
			return process.CopyOrders(ctx, plugin, request, c.take)
		})
		return
	}
	request := &pluginv1.ForwardTrackingRequest{
		Connections: connections, Deliveries: make([]*pluginv1.TrackingDelivery, 0, len(sendable)),
	}
	for _, s := range sendable {
		request.Deliveries = append(request.Deliveries, s.tracking)
	}
	c.run(len(sendable), func(ctx context.Context) error {
		return process.ForwardTracking(ctx, plugin, request, c.take)
	})
}

// intend notes what may be sent from now on, where a repeat would make a second
// record, or would have when it was made (promise P3). It returns false, and nothing goes, if that fails.
func (c *call) intend(sendable []*sending) bool {
	var ids []store.DeliveryID
	for _, s := range sendable {
		if s.needsIntent {
			ids = append(ids, s.delivery.ID)
		}
	}
	if len(ids) == 0 {
		return true
	}
	err := c.d.options.Store.Intend(c.d.calls, ids)
	if err == nil {
		return true
	}
	c.d.options.Logger.Error("deliveries cannot be noted before they are sent", "plugin", c.plugin, "error", err)
	for _, s := range sendable {
		c.d.ledger.put(entry{sending: s, released: true})
	}
	return false
}

// newCall opens every connection of the batch once. Deliveries whose connection
// cannot be opened do not go.
func (d *Dispatcher) newCall(
	plugin string, batch []*sending,
) (c *call, connections []*pluginv1.Connection, sendable []*sending) {
	c = &call{d: d, plugin: plugin, open: make(map[string]*sending, len(batch)), crashes: d.crashesOf(plugin)}
	description, _ := d.options.Plugins.Describe(plugin)
	opened := make(map[int64]error, len(batch))
	connections = make([]*pluginv1.Connection, 0, len(batch))
	sendable = make([]*sending, 0, len(batch))
	now := time.Now()
	for _, s := range batch {
		s.begin(now, d.options.Tracer)
		key := s.connection.Key
		err, known := opened[key]
		if !known {
			var connection *pluginv1.Connection
			connection, err = d.options.Vault.PluginConnection(*s.connection, description)
			if opened[key] = err; err == nil {
				connections = append(connections, connection)
			}
		}
		if err != nil {
			d.options.Logger.Error("connection cannot be opened", "connection", key, "error", err)
			d.ledger.put(entry{sending: s, result: result{
				outcome: store.OutcomeUnauthorized, reason: "SECRET_UNREADABLE",
				hint: "the connection's secrets cannot be opened with the configured sealing keys: " +
					"configure the key set they were sealed with, or set them again with UpdateConnection",
			}})
			continue
		}
		c.open[s.header().GetDeliveryId()] = s
		sendable = append(sendable, s)
	}
	return c, connections, sendable
}

// run makes the call and settles what got no result.
func (c *call) run(deliveries int, send func(context.Context) error) {
	ctx, cancel := context.WithTimeout(c.d.calls, c.d.options.AttemptTimeout+callGrace)
	defer cancel()
	err := send(ctx)
	if len(c.open) == 0 {
		return
	}
	if err == nil {
		c.violation("stream ended without all results")
	}
	var lost *pluginhost.LostError
	if errors.As(err, &lost) {
		c.lost(deliveries, lost)
		return
	}
	if errors.Is(err, pluginhost.ErrContract) {
		c.violation("call was cut off: " + err.Error())
	}
	missing, released := missingResult(err)
	// The host ends processes only when it drains; what it ends is no plugin's fault.
	missing.ours = errors.Is(err, pluginhost.ErrLost) || err != nil && c.d.calls.Err() != nil
	if missing.ours {
		missing.reason, missing.hint = "SERVER_STOPPED", "the server stopped during the call; it goes again"
	}
	for _, s := range c.open {
		c.d.ledger.put(entry{sending: s, result: missing, released: released})
	}
}

// lost settles the deliveries that the plugin's process ended with.
func (c *call) lost(deliveries int, lost *pluginhost.LostError) {
	for _, s := range c.open {
		by := noOne
		if s.isolated && deliveries == 1 {
			by = c.blames(s)
		}
		c.d.ledger.put(entry{sending: s, result: lostResult(s, by, lost)})
	}
}

// missingResult is what is known of a delivery whose result never came.
func missingResult(err error) (missing result, released bool) {
	switch {
	case err == nil:
		return unknownResult("RESULT_MISSING", "the plugin ended the call without an answer for it"), false
	case errors.Is(err, pluginhost.ErrUnavailable), errors.Is(err, pluginhost.ErrNotInstalled):
		return result{}, true
	case errors.Is(err, pluginhost.ErrUnsupported):
		return result{
			outcome: store.OutcomeRejected, reason: "CONTRACT_UNSUPPORTED", fixScope: store.FixSettings,
			hint: "the plugin does not take such records any more: install a version that does, then retry",
		}, false
	case errors.Is(err, context.DeadlineExceeded), status.Code(err) == codes.DeadlineExceeded:
		return unknownResult("NO_ANSWER_IN_TIME", "the plugin did not answer within the attempt timeout"), false
	}
	return unknownResult("CALL_BROKEN", "the call to the plugin ended early"), false
}

// take takes a result. The first valid one of a delivery wins.
func (c *call) take(answer *pluginv1.DeliveryResult) {
	s, ok := c.open[answer.GetDeliveryId()]
	if !ok {
		c.violation("result for a delivery that is not in the call or was answered")
		return
	}
	delete(c.open, answer.GetDeliveryId())
	c.crashes.answered()
	r, violation := readResult(answer)
	if violation != "" {
		c.violation(violation)
	}
	c.d.ledger.put(entry{sending: s, result: r, answered: true})
}

func (c *call) violation(what string) {
	c.d.options.Observer.Violated(c.plugin)
	if !c.accused {
		c.accused = true
		c.d.options.Logger.Warn("plugin breaks the contract", "plugin", c.plugin, "violation", what)
	}
}
