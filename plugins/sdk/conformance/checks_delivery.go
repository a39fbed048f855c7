package conformance

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func deliveryChecks() []Check {
	return []Check{
		{
			Number: 12, Name: "deliver-one", needs: needsRemote, run: checkDeliverOne,
			Demand: "a delivery is exactly one write at the remote, answered DELIVERED",
			Why:    "a result without a write is a loss, two writes are a duplicate",
		},
		{
			Number: 13, Name: "repeat", needs: needsRemote, run: checkRepeat,
			Demand: "if repeats are KEYED or LOOKUP, the same keys once more, announced or not, make no second record",
			Why:    "the host repeats whatever answer it did not see",
		},
		{
			Number: 14, Name: "revision", needs: needsRemote, run: checkRevision,
			Demand: "if it gives a remote id or state, a later revision that gets them back goes to the same record, " +
				"and state of another version does no harm",
			Why: "the host keeps them over restarts and upgrades of the plugin, and shares them between replicas",
		},
		{
			Number: 15, Name: "batch", needs: needsRemote, run: checkBatch,
			Demand: "every delivery of a batch has one result, by its id, and no result is of another one",
			Why:    "a delivery without a result is of unknown fate",
		},
		{
			Number: 16, Name: "slow-record", needs: needsRemote, run: checkSlowRecord,
			Demand: "while one delivery of a batch waits for the remote, the results of the others come",
			Why:    "a slow account would hold up those of other merchants",
		},
	}
}

func checkDeliverOne(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range t.contracts() {
		r := t.remote()
		c := t.connection(r)
		result, err := p.deliverOne(ctx, contract, c, t.newDelivery(contract, c))
		if err != nil {
			t.refuse(contract.String(), err)
			continue
		}
		t.wantOutcome(contract.String(), result, pluginv1.Outcome_OUTCOME_DELIVERED)
		if writes := len(r.writes()); writes != 1 {
			t.fault("%s: %d writes, want 1", contract, writes)
		}
		t.wantRecords(r, 1, contract.String())
	}
	return p.survived()
}

// recognises says that a remote can tell a repeat, as far as the harness says.
func recognises(r *remote) error {
	if c, ok := r.standIn.(*canned); ok && !c.recognises() {
		return notClaimed("the harness does not say where the remote finds the key of a record: " +
			"key_header or key_field")
	}
	return nil
}

func checkRepeat(ctx context.Context, t *trial) error {
	if !t.idempotent() {
		return notClaimed("idempotency is NONE")
	}
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range t.contracts() {
		r := t.remote()
		if err := recognises(r); err != nil {
			return err
		}
		c := t.connection(r)
		first := t.newDelivery(contract, c)
		for i, d := range []*delivery{first, first.again(), first.fateUnknown()} {
			when := []string{"the first send", "the repeat", "the repeat of unknown fate"}[i]
			result, err := p.deliverOne(ctx, contract, c, d)
			if err != nil {
				return fmt.Errorf("%s: %w", when, err)
			}
			t.wantOutcome(when, result, arrived...)
		}
		t.wantRecords(r, 1, "after two repeats")
		// The answer is lost, as by a gateway that gives up.
		lost := t.newDelivery(contract, c)
		r.script(fault{kind: lose, times: 1})
		result, err := p.deliverOne(ctx, contract, c, lost.budget(shortBudget))
		if err != nil {
			return fmt.Errorf("an answer that is lost: %w", err)
		}
		t.wantOutcome("an answer that is lost", result, unknown, retry)
		r.script()
		result, err = p.deliverOne(ctx, contract, c, lost.fateUnknown())
		t.refuse("after a lost answer", err)
		t.wantOutcome("after a lost answer", result, arrived...)
		t.wantRecords(r, 2, "after a lost answer")
	}
	return p.survived()
}

// shortBudget is the time of a delivery whose remote never answers.
const shortBudget = 2 * time.Second

func checkRevision(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	keeps := false
	for _, contract := range t.contracts() {
		r := t.remote()
		c := t.connection(r)
		first := t.newDelivery(contract, c)
		result, err := p.deliverOne(ctx, contract, c, first)
		if err != nil {
			return err
		}
		if !t.wantOutcome("the first revision", result, arrived...) {
			continue
		}
		if result.GetRemoteId() == "" && len(result.GetState()) == 0 && len(result.GetConnectionState()) == 0 {
			continue
		}
		keeps = true
		later := first.revised(result)
		c, _ = proto.Clone(c).(*pluginv1.Connection)
		c.State = result.GetConnectionState()
		next, err := p.deliverOne(ctx, contract, c, later)
		t.refuse("the second revision", err)
		t.wantOutcome("the second revision", next, append(arrived, pluginv1.Outcome_OUTCOME_SKIPPED)...)
		if next.GetRemoteId() != "" && next.GetRemoteId() == result.GetRemoteId() && recognises(r) == nil {
			t.wantRecords(r, 1, "after two revisions")
		}
		foreign := later.revised(next)
		foreign.header.State = []byte("\xff\x00 of another version")
		c, _ = proto.Clone(c).(*pluginv1.Connection)
		c.State = foreign.header.GetState()
		_, err = p.deliverOne(ctx, contract, c, foreign)
		t.refuse("state of another version", err)
	}
	if !keeps && len(t.faults.faults) == 0 {
		return notClaimed("it gives no remote id and keeps no state")
	}
	return p.survived()
}

// revised is the next revision of a record, as the host sends it after a result.
func (d *delivery) revised(r *pluginv1.DeliveryResult) *delivery {
	next := d.again()
	next.header.Attempt = 1
	next.header.Revision++
	next.header.ContentKey = fmt.Sprintf("%s-%d", d.header.GetContentKey(), next.header.GetRevision())
	if r.GetRemoteId() != "" {
		next.header.RemoteId = r.GetRemoteId()
	}
	if r.GetState() != nil {
		next.header.State = r.GetState()
	}
	if d.order != nil {
		next.order, _ = proto.Clone(d.order).(*commercev1.Order)
		next.order.ShippingMethod = proto.String(fmt.Sprintf("revision %d", next.header.GetRevision()))
	} else {
		next.tracking, _ = proto.Clone(d.tracking).(*pluginv1.TrackingRecord)
		if next.tracking.GetParcel() != nil {
			next.tracking.Parcel.ShipDate = proto.String(fmt.Sprintf("2026-11-2%d", next.header.GetRevision()))
		}
	}
	return next
}

// batchSize is how many records a host sends at once.
func (s *suite) batchSize() int {
	const usual = 50
	if most := int(s.description.GetPace().GetBatchRecords()); most > 0 {
		return s.paced(min(most, usual))
	}
	return s.paced(usual)
}

// paced is how many of so many records a plugin gets through in time that keeps to
// the pace it describes. The host keeps to it too, so nobody needs more.
func (s *suite) paced(records int) int {
	const least = 4
	pace := s.description.GetPace()
	perSecond := pace.GetRequestsPerSecond()
	if perSecond <= 0 {
		return records
	}
	through := perSecond*s.patience.Seconds()/2 + float64(pace.GetBurst())
	return int(min(float64(records), max(through, least)))
}

func checkBatch(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range t.contracts() {
		r := t.remote()
		b := t.batchOf(contract, t.batchSize(), t.connectionsAt(r, 3)...)
		results, err := p.deliver(ctx, b)
		t.refuse(contract.String(), err)
		for _, result := range results {
			t.wantOutcome(contract.String(), result, arrived...)
		}
		t.wantRecords(r, len(b.deliveries), contract.String())
	}
	return p.survived()
}

func checkSlowRecord(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range t.contracts() {
		r := t.remote()
		r.script(fault{kind: hang, times: 1})
		const others = 3
		b := t.batchOf(contract, others+1, t.connectionsAt(r, others+1)...)
		came := make(chan struct{}, len(b.deliveries)*8)
		b.each = func(*pluginv1.DeliveryResult) { came <- struct{}{} }
		ended := make(chan error, 1)
		go func() {
			_, err := p.deliver(ctx, b)
			ended <- err
		}()
		// Long before the time of the slow one is over.
		if n := p.awaitResults(came, others, t.patience/2); n < others && !p.gone() {
			t.fault("%s: with one of %d deliveries waiting for the remote, only %d results have come",
				contract, len(b.deliveries), n)
		}
		r.release()
		if err := <-ended; err != nil {
			t.refuse(contract.String(), err)
		}
	}
	return p.survived()
}
