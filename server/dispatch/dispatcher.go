package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spurline/spurline/server/store"
)

// Dispatcher brings deliveries to plugins.
type Dispatcher struct {
	options  Options
	composer Composer
	filters  filters
	inbox    *inbox
	ledger   *ledger

	// To the loop.
	fetched   chan []*turn
	callEnded chan *flight
	callSlow  chan *flight
	written   chan []writtenOutcome

	// calls is the context of every read and call; it ends with the drain grace.
	calls context.Context //nolint:containedctx // it is the lifetime of Run, not of a request
	// running are the rounds and calls.
	running sync.WaitGroup
	// sent has the time of the send of every delivery that a plugin has now.
	sent sends
	// crashes has those of every plugin.
	crashes sync.Map
	// doubts the store does not know of.
	doubts doubts
	gauges gauges
	// outages has the Outage of every lane whose breaker is open.
	outages sync.Map
}

// New returns a dispatcher. Its Wake and PluginReady may be called at once; what
// they bring is kept until Run.
func New(options Options) *Dispatcher {
	options = options.withDefaults()
	d := &Dispatcher{
		options:   options,
		composer:  Composer{Budget: options.AttemptTimeout, budget: durationpb.New(options.AttemptTimeout)},
		filters:   newFilters(),
		inbox:     newInbox(),
		fetched:   make(chan []*turn, options.Fetchers),
		callEnded: make(chan *flight),
		callSlow:  make(chan *flight),
		written:   make(chan []writtenOutcome),
	}
	d.ledger = newLedger(d)
	return d
}

// Wake tells that lanes got deliveries. It never waits, and may be given to
// store.Store.OnWake.
func (d *Dispatcher) Wake(lanes []store.Lane) { d.inbox.putLanes(lanes) }

// Changed tells that connections are other than they were. It never waits, and may be
// given to store.Store.OnChange.
func (d *Dispatcher) Changed(connections []int64) { d.inbox.putChanged(connections) }

// PluginReady tells that a plugin takes calls again. It never waits.
func (d *Dispatcher) PluginReady(plugin string) { d.inbox.putPlugin(plugin) }

// UnderWay says whether a plugin has the delivery now, and since when.
func (d *Dispatcher) UnderWay(id store.DeliveryID) (since time.Time, ok bool) {
	return d.sent.since(id)
}

// sends has when deliveries were sent. It may be used side by side.
type sends struct {
	mu sync.Mutex
	at map[store.DeliveryID]time.Time
}

func (s *sends) since(id store.DeliveryID) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.at[id]
	return at, ok
}

func (s *sends) begin(batch []*sending, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[store.DeliveryID]time.Time{}
	}
	for _, sent := range batch {
		s.at[sent.delivery.ID] = at
	}
}

func (s *sends) end(written []writtenOutcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range written {
		delete(s.at, written[i].id)
	}
}

func (d *Dispatcher) crashesOf(plugin string) *crashes {
	known, ok := d.crashes.Load(plugin)
	if !ok {
		known, _ = d.crashes.LoadOrStore(plugin, &crashes{})
	}
	return known.(*crashes)
}

// Run dispatches until ctx ends, then drains: what is under way gets the drain
// grace to end, and its outcomes are written down before Run returns.
func (d *Dispatcher) Run(ctx context.Context) error {
	waiting, err := d.options.Store.WaitingLanes(ctx)
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find waiting lanes: %w", err)
	}

	calls, cutOff := context.WithCancel(context.WithoutCancel(ctx))
	defer cutOff()
	d.calls = calls
	stopGrace := context.AfterFunc(ctx, func() {
		grace := time.AfterFunc(d.options.DrainGrace, cutOff)
		context.AfterFunc(calls, func() { grace.Stop() })
	})
	defer stopGrace()

	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	var ledgerDone sync.WaitGroup
	ledgerDone.Go(func() { d.ledger.run(writing) })
	loop := newLoop(d)
	loop.begin(waiting)
	loop.run(ctx)
	stopWriting()
	ledgerDone.Wait()
	d.running.Wait()
	return nil
}
