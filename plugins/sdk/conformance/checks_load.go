package conformance

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func loadChecks() []Check {
	return []Check{
		{
			Number: 22, Name: "concurrency", needs: needsRemote, run: checkConcurrency,
			Demand: "64 calls at once, or as many as its pace allows, are all answered and all their records arrive",
			Why:    "the host calls from many lanes at once",
		},
		{
			Number: 23, Name: "kill", needs: needsRemote, run: checkKill,
			Demand: "killed in the middle of a delivery and started again it delivers the record; " +
				"if repeats are KEYED or LOOKUP, without making a second one",
			Why: "processes die; what they had sent is announced as of unknown fate",
		},
		{
			Number: 24, Name: "large-call", needs: needsRemote, run: checkLargeCall,
			Demand: "a call with 4 MiB of records is answered, whatever its outcomes",
			Why:    "a batch may be that large; gRPC's own limit is lower once the call's frame is added",
		},
		{
			Number: 25, Name: "later-host", needs: needsRemote, run: checkLaterHost,
			Demand: "fields and enum numbers that it does not know, records without facts, and a traceparent of any " +
				"version or none, spoil nothing",
			Why: "a later host sends more; the host is upgraded before the plugins",
		},
		{
			Number: 26, Name: "flat", needs: needsRemote, run: checkFlat,
			Demand: "over thousands of deliveries neither memory nor open files grow without end, " +
				"and its memory stays below 512 MiB",
			Why: "a plugin runs for months",
		},
	}
}

func checkConcurrency(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	callers := t.paced(2*64) / 2
	for _, contract := range t.contracts() {
		r := t.remote()
		connections := t.connectionsAt(r, 8)
		batches := make([]batch, callers)
		for n := range batches {
			batches[n] = t.batchOf(contract, 2, connections[n%8], connections[(n+1)%8])
		}
		failures := make([]error, callers)
		results := make([]map[string]*pluginv1.DeliveryResult, callers)
		var calls sync.WaitGroup
		for n, b := range batches {
			calls.Go(func() { results[n], failures[n] = p.deliver(ctx, b) })
		}
		calls.Wait()
		for n := range batches {
			t.refuse(contract.String(), failures[n])
			for _, result := range results[n] {
				t.wantOutcome(contract.String(), result, arrived...)
			}
		}
		t.wantRecords(r, 2*callers, contract.String())
	}
	return p.survived()
}

func checkKill(ctx context.Context, t *trial) error {
	for _, contract := range t.contracts() {
		p, err := t.process(ctx)
		if err != nil {
			return err
		}
		r := t.remote()
		r.script(fault{kind: lose, times: 1})
		c := t.connection(r)
		d := t.newDelivery(contract, c)
		calling, cancel := t.within(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = p.send(calling, batch{
				contract: contract, connections: []*pluginv1.Connection{c}, deliveries: []*delivery{d},
			})
		}()
		reached := p.awaitWrites(calling, r, 1)
		p.kill()
		<-ended
		cancel()
		if !reached {
			return fmt.Errorf("%s: nothing reached the remote", contract)
		}
		next, err := t.process(ctx)
		if err != nil {
			return fmt.Errorf("after the kill: %w", err)
		}
		result, err := next.deliverOne(ctx, contract, c, d.fateUnknown())
		t.refuse("after the kill", err)
		t.wantOutcome("after the kill", result, arrived...)
		if t.idempotent() && recognises(r) == nil {
			t.wantRecords(r, 1, "after the kill")
		}
	}
	return nil
}

func checkLargeCall(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	const whole = 4 << 20
	for _, contract := range t.contracts() {
		r := t.remote()
		b := t.batchOf(contract, t.batchSize(), t.connection(r))
		for _, d := range b.deliveries {
			d.stuff(whole / len(b.deliveries))
		}
		results, err := p.deliver(ctx, b)
		t.refuse(contract.String(), err)
		for _, result := range results {
			if result.GetOutcome() == unknown {
				t.wantOutcome(contract.String(), result, append(arrived, rejected)...)
			}
		}
	}
	return p.survived()
}

// stuff makes a record that large, in facts that every plugin may leave out.
func (d *delivery) stuff(bytes int) {
	const each = 1 << 10
	extra := map[string]string{}
	for n := range bytes / each {
		extra[fmt.Sprintf("conformance_%06d", n)] = strings.Repeat("x", each-24)
	}
	if d.order != nil {
		d.order.ExtraFields = extra
		return
	}
	d.tracking.ShipmentExtraFields = extra
}

// later is what a later contract might add to any message.
func later() []byte {
	raw := protowire.AppendTag(nil, 5000, protowire.VarintType)
	raw = protowire.AppendVarint(raw, 7)
	raw = protowire.AppendTag(raw, 5001, protowire.BytesType)
	return protowire.AppendString(raw, "of a later host")
}

func checkLaterHost(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range t.contracts() {
		r := t.remote()
		c := t.connection(r)
		c.ProtoReflect().SetUnknown(later())
		if _, err := p.check(ctx, c); err != nil {
			t.refuse("a check with more fields", err)
		}
		b := t.batchOf(contract, 4, c)
		b.raw = later()
		for _, d := range b.deliveries {
			d.header.ProtoReflect().SetUnknown(later())
			d.addLater()
		}
		results, err := p.deliver(ctx, b)
		t.refuse("a call with more fields", err)
		for _, result := range results {
			if result.GetOutcome() == unknown || result.GetOutcome() == retry {
				t.wantOutcome("a call with more fields", result, append(arrived, rejected)...)
			}
		}
		empty := t.batchOf(contract, 2, c)
		empty.deliveries[0].tracking, empty.deliveries[0].order = nil, nil
		if contract == pluginv1.Contract_CONTRACT_ORDER_COPY {
			empty.deliveries[1].order = &commercev1.Order{}
		} else {
			empty.deliveries[1].tracking = &pluginv1.TrackingRecord{}
		}
		_, err = p.deliver(ctx, empty)
		t.refuse("records without facts", err)
		result, err := p.deliverOne(ctx, contract, c, t.newDelivery(contract, c))
		t.refuse("the next call", err)
		t.wantOutcome("the next call", result, arrived...)
		t.deliverTraced(ctx, p, contract, c)
	}
	return p.survived()
}

// deliverTraced delivers with every kind of traceparent, of which nothing depends.
func (t *trial) deliverTraced(ctx context.Context, p *process, contract pluginv1.Contract, c *pluginv1.Connection) {
	traced := t.batchOf(contract, 3, c)
	const fields = "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	for n, traceparent := range []string{"", "00" + fields, "7f" + fields + "-more.of=it"} {
		traced.deliveries[n].header.Traceparent = traceparent
	}
	results, err := p.deliver(ctx, traced)
	t.refuse("a call with traces", err)
	for _, d := range traced.deliveries {
		when := fmt.Sprintf("a delivery with the traceparent %q", d.header.GetTraceparent())
		t.wantOutcome(when, results[d.id()], arrived...)
	}
}

// addLater adds fields and enum numbers of a later contract to the record.
func (d *delivery) addLater() {
	const unheardOf = 99
	var record proto.Message = d.tracking
	if d.order != nil {
		record = d.order
		d.order.Status = unheardOf
	} else if d.tracking.GetParcel() != nil {
		d.tracking.Parcel.Status = unheardOf
		d.tracking.Parcel.ProtoReflect().SetUnknown(later())
	}
	record.ProtoReflect().SetUnknown(later())
}

const (
	inMemory   = "KiB of memory"
	mostMemory = 512 << 10
)

func checkFlat(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	if _, err := p.usage(); err != nil {
		return notClaimed(fmt.Sprintf("on %s the suite cannot see the memory of a process", runtime.GOOS))
	}
	contract := t.contracts()[0]
	r := t.remote()
	connections := t.connectionsAt(r, 8)
	// A leak grows with every step. What a garbage collector or a pool keeps does so
	// once or twice. A plugin that paces itself gets through fewer.
	const steps, most = 4, 5 * time.Second
	var seen []usage
	for range steps {
		if err := t.deliverMany(ctx, p, contract, connections, t.many, most); err != nil {
			return err
		}
		u, err := p.usage()
		if err != nil {
			return p.survived()
		}
		seen = append(seen, u)
	}
	for what, limit := range map[string]struct {
		of   func(usage) int
		step int
	}{
		inMemory:     {func(u usage) int { return u.kib }, 6 << 10},
		"open files": {func(u usage) int { return u.files }, 16},
	} {
		var values []int
		grows := true
		for i, u := range seen {
			values = append(values, limit.of(u))
			grows = grows && (i == 0 || values[i]-values[i-1] > limit.step)
		}
		if what == inMemory && slices.Max(values) > mostMemory {
			t.fault("%s, from step to step: %v, more than %d", what, values, mostMemory)
		} else if grows {
			t.fault("%s, from step to step of up to %d deliveries: %v", what, t.many, values)
		}
	}
	return p.survived()
}

// deliverMany delivers records in batches, four at a time, and wants them to arrive.
// It begins no more batches once most has passed.
func (t *trial) deliverMany(
	ctx context.Context, p *process, contract pluginv1.Contract, connections []*pluginv1.Connection, count int,
	most time.Duration,
) error {
	size := t.batchSize()
	batches := make(chan batch)
	var calls errgroup.Group
	for range 4 {
		calls.Go(func() error {
			var failure error
			for b := range batches {
				results, err := p.deliver(ctx, b)
				for result := range maps.Values(results) {
					if err == nil && !slices.Contains(arrived, result.GetOutcome()) {
						err = fmt.Errorf("the outcome is %s (%s)", short(result.GetOutcome()), result.GetReason())
					}
				}
				failure = cmp.Or(failure, err)
			}
			return failure
		})
	}
	over := time.After(most)
	for ; count > 0; count -= size {
		select {
		case batches <- t.batchOf(contract, min(size, count), connections...):
			continue
		case <-over:
		}
		break
	}
	close(batches)
	return calls.Wait()
}
