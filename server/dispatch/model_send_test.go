package dispatch_test

import (
	"context"
	"slices"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// begin holds a send against the promises at the moment at which the plugin gets it.
func (m *model) begin(ctx context.Context, one shipped, plugin string, generation int64, isolated bool) *send {
	id, err := store.ParseDeliveryID(one.header.GetDeliveryId())
	if err != nil {
		panic(err)
	}
	ctx = context.WithoutCancel(ctx)
	delivery, err := m.store.DeliveryByID(ctx, id)
	if err != nil {
		panic(err)
	}
	stored, gone := m.store.ConnectionByKey(ctx, delivery.Connection)
	orderFirst := gone == nil && m.orderHolds(ctx, stored, one)
	_, outage := m.dispatcher.Outage(delivery.Connection)

	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.connection(delivery.Connection)
	s := &send{id: id, plugin: plugin, isolated: isolated, remoteID: one.header.GetRemoteId()}
	s.at, s.order, s.content = placeOf(delivery.Connection, one)
	past := m.historyOf(s.at)
	past.sends++
	s.number = past.sends
	outages := outage && m.outageSince(delivery.Connection).Before(m.takenAt[id])
	s.probe, s.doubted = outages, past.doubt || one.header.GetFateUnknown()
	account := ""
	if generation == 1 {
		account = c.AccountID
	}
	s.account = accountName(c.Key, generation, account)

	m.sends++
	taken := m.takenAt[id]
	m.checkScope(s, c)
	m.checkContent(s, c, past, one.header)
	if orderFirst && m.heldSince[place{c.Key, "o/" + s.order}].Before(taken) {
		m.fail("%v goes before its order (promise P4)", s.at)
	}
	switch stopped := !c.stoppedAt.IsZero() && c.stoppedAt.Before(taken); {
	case gone == nil && stored.State != store.Active && stopped, gone != nil && c.deleted && stopped:
		m.fail("%v goes although its connection was stopped at %v (promise P6)", s.at, c.stoppedAt)
	case c.changedAt.Before(taken) && !c.wants(s.content):
		m.fail("%v goes although the filter leaves it out", s.at)
	}
	m.checkFate(s, c, past, one.header)
	m.checkPace(s, taken)
	past.doubt = true
	m.underWay[id] = s
	s.plan = m.planOf(s)
	return s
}

func (m *model) outageSince(connection int64) time.Time {
	outage, _ := m.dispatcher.Outage(connection)
	return outage.Since
}

func placeOfDelivery(d store.Delivery) place {
	if d.Kind == store.OrderRecord {
		return place{d.Connection, "o/" + d.OrderID}
	}
	return place{d.Connection, "t/" + d.TrackingNumber}
}

func placeOf(connection int64, one shipped) (at place, order string, content fact) {
	if one.order != nil {
		order = one.order.GetOrderId()
		return place{connection, "o/" + order}, order,
			fact{content: one.order.GetStatus().String(), source: one.order.GetOrderSource()}
	}
	order = one.record.GetOrderId()
	return place{connection, "t/" + one.record.GetParcel().GetTrackingNumber()}, order, fact{
		order: order, content: one.record.GetParcel().GetCarrier(), source: one.record.GetOrder().GetOrderSource(),
	}
}

// orderHolds says whether a tracking record's order has to go first.
func (m *model) orderHolds(ctx context.Context, c store.Connection, one shipped) bool {
	if one.order != nil || !c.Takes.Orders {
		return false
	}
	order, err := m.store.OrderByID(ctx, c.MerchantKey, one.record.GetOrderId())
	if err != nil {
		return false
	}
	last, err := m.store.RecordDeliveries(ctx, store.RecordRef{Kind: store.OrderRecord, Key: order.Key})
	if err != nil {
		return false
	}
	return slices.ContainsFunc(last, func(d store.Delivery) bool {
		return d.Connection == c.Key && (d.State.Open() || d.State == store.Failed)
	})
}

// checkScope: one send at a time (promise P4).
func (m *model) checkScope(s *send, c *ledgerConnection) {
	for _, other := range m.underWay {
		if other.ended || other.at.connection != c.Key {
			continue
		}
		if other.at == s.at || c.Takes.ScopePerOrder && other.order == s.order {
			m.fail("%v goes while %v is under way (promise P4)", s.at, other.at)
		}
	}
	if s.at.name[0] == 'o' && !c.Takes.Orders || s.at.name[0] == 't' && !c.Takes.Tracking || s.plugin != c.Plugin {
		m.fail("%v goes to a connection that does not take it", s.at)
	}
}

// checkContent: revisions in turn, and nothing older than what was sent (promise P4).
func (m *model) checkContent(s *send, c *ledgerConnection, past *history, header *pluginv1.DeliveryHeader) {
	if int64(header.GetRevision()) < past.revision {
		m.fail("revision %d of %v goes after revision %d (promise P4)", header.GetRevision(), s.at, past.revision)
	}
	past.revision = int64(header.GetRevision())
	facts := m.records[s.at.name].facts
	for i := past.at; i < len(facts); i++ {
		if c.seen(facts[i]) == s.content {
			past.at = i
			return
		}
	}
	m.fail("%v goes with %v, which is not what was submitted since: %v (promise P4)", s.at, s.content, facts[past.at:])
}

// checkFate: a repeat is announced, and not made where it makes a second record
// (promise P3).
func (m *model) checkFate(s *send, c *ledgerConnection, past *history, header *pluginv1.DeliveryHeader) {
	if !past.doubt {
		return
	}
	if !header.GetFateUnknown() {
		m.fail("%v may have arrived and goes again without fate_unknown (promise P3)", s.at)
	}
	if c.Takes.Intents && !c.AllowRepeats {
		m.fail("%v may have arrived and goes again to make a second record (promise P3)", s.at)
	}
}

// checkPace: no account gets more than it asks for (promise P5).
func (m *model) checkPace(s *send, taken time.Time) {
	account, now := m.account(s.account), time.Now()
	account.underWay++
	if account.underWay > modelConcurrency {
		m.fail("account %q has %d under way (promise P5)", s.account, account.underWay)
	}
	if account.from.Before(taken) && taken.Before(account.until) {
		m.fail("%v goes to account %q that waits until %v (promise P6)", s.at, s.account, account.until)
	}
	account.tokens = min(modelBurst, account.tokens+modelRate*now.Sub(account.since).Seconds())
	account.since = now
	account.tokens--
	if account.tokens < -0.01 && !s.isolated { // Suspects wait for their process after their turn.
		m.fail("account %q gets more than its pace (promise P5)", s.account)
	}
}

// completing holds an outcome against the send before it is written down.
func (m *model) completing(ctx context.Context, c store.Completion) {
	stored, err := m.store.DeliveryByID(context.WithoutCancel(ctx), c.ID)
	if err != nil {
		m.failf("outcome of delivery %v: %v", c.ID, err)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.underWay[c.ID]
	switch {
	case c.Attempt == nil:
		if at := placeOfDelivery(stored); c.Reason == "SAME_CONTENT" && m.historyOf(at).doubt {
			m.fail("%v counts as there, although another send of it may have arrived (promise P3)", at)
		}
		return
	case s == nil:
		m.fail("delivery %v has the outcome %v without a send", c.ID, c.Attempt.Outcome)
		return
	case !s.ended:
		m.fail("delivery %v has the outcome %v while it is under way", c.ID, c.Attempt.Outcome)
	case s.outcome > 0 && s.outcome <= 8 && c.Attempt.Outcome != store.Outcome(s.outcome):
		m.fail("delivery %v has the outcome %v, its plugin said %v", c.ID, c.Attempt.Outcome, s.outcome)
	}
	spends := c.Attempt.Outcome == store.OutcomeRetry || c.Attempt.Outcome == store.OutcomeUnknown
	probe := s.probe && c.Attempt.Reason != "LACKS_SOMETHING"
	if c.Spent > stored.Spent && (!spends || probe || c.Attempt.Reason == "SERVER_STOPPED") {
		m.fail("delivery %v spends with the outcome %v, probe %t (promise P6)", c.ID, c.Attempt.Outcome, s.probe)
	}
}

// completed notes what is known from now on.
func (m *model) completed(c store.Completion) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.underWay[c.ID]
	if s == nil || c.Attempt == nil {
		return
	}
	delete(m.underWay, c.ID)
	past := m.historyOf(s.at)
	switch c.Attempt.Outcome {
	case store.OutcomeDelivered, store.OutcomeAlreadyPresent:
		past.doubt = false
	case store.OutcomeSkipped, store.OutcomeRejected, store.OutcomeRetry, store.OutcomeThrottled,
		store.OutcomeUnauthorized:
		past.doubt = s.doubted
	case store.OutcomeUnknown, store.OutcomePluginLost:
		past.doubt = true
	}
}
