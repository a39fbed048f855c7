package dispatch_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/dispatch"
	"github.com/spurline/spurline/server/facts"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
	"github.com/spurline/spurline/server/telemetry"
	"github.com/spurline/spurline/server/trace"
)

// world is a dispatcher on a real store, with plugins that run in the test.
// Inside a synctest bubble its clock is virtual, and settle waits for everything
// that can happen now to have happened.
type world struct {
	t          *testing.T
	log        *logged
	store      *sqlite.Store
	plugins    *scriptedPlugins
	merchant   store.Merchant
	hooked     *hookedStore
	dispatcher *dispatch.Dispatcher
	seen       *observed
	path       string
	// trace is that of what is submitted.
	trace trace.Place
	// ahead is how far the wall clock was set.
	ahead atomic.Int64
	// deaf: the dispatcher hears of no lanes that are woken, and of no changes.
	deaf atomic.Bool
	// drain stops the dispatcher and waits for it, stop the store too.
	drain, stop func()
}

// inWorld runs a test in a world of its own. Waits of the retry schedule are
// always half of their bound.
func inWorld(t *testing.T, test func(w *world), change ...func(*dispatch.Options)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spurline.db")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, path, change...)
		defer func() { w.stop() }()
		w.settle() // What is made from here on is not from before the start.
		test(w)
	})
}

func newWorld(t *testing.T, path string, change ...func(*dispatch.Options)) *world {
	t.Helper()
	log := &logged{}
	logger := telemetry.NewLogger(log, telemetry.LogOptions{Format: "text"})
	kept, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, log: log, store: kept, plugins: newScriptedPlugins(), hooked: &hookedStore{Store: kept}, seen: &observed{},
		path: path,
	}
	options := dispatch.Options{
		Store: w.hooked, Plugins: w.plugins, Isolation: isolation{w.plugins}, Vault: openVault{}, Logger: logger,
		Observer: w.seen,
		Schedule: dispatch.Schedule{Random: func(below time.Duration) time.Duration { return below / 2 }},
		Wall:     func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	}
	for _, f := range change {
		f(&options)
	}
	dispatcher := dispatch.New(options)
	w.dispatcher = dispatcher
	kept.OnWake(func(lanes []store.Lane) {
		if !w.deaf.Load() {
			dispatcher.Wake(lanes)
		}
	})
	kept.OnChange(func(connections []int64) {
		if !w.deaf.Load() {
			dispatcher.Changed(connections)
		}
	})
	w.plugins.onReady = dispatcher.PluginReady
	w.merchant, err = kept.CreateMerchant(t.Context(), store.Merchant{ID: "acme", CreateTime: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := dispatcher.Run(ctx); err != nil {
			t.Errorf("dispatcher: %v", err)
		}
	})
	w.drain = func() {
		cancel()
		running.Wait()
	}
	w.stop = sync.OnceFunc(func() {
		w.drain()
		if err := kept.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return w
}

// logged is what was logged. It may be written to side by side.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write is for slog.
func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// errors counts the lines of errors that say something.
func (l *logged) errors(what string) int { return l.lines("level=ERROR", what) }

// lines counts those with all of the texts.
func (l *logged) lines(texts ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for line := range strings.Lines(l.text.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			n++
		}
	}
	return n
}

// settle waits until nothing happens any more without time passing.
func (w *world) settle() { synctest.Wait() }

// reopen opens the store again, without a dispatcher.
func (w *world) reopen() {
	w.t.Helper()
	kept, err := sqlite.Open(w.t.Context(), sqlite.Options{Path: w.path})
	if err != nil {
		w.t.Fatal(err)
	}
	w.store = kept
	w.stop = func() {
		if err := kept.Close(); err != nil {
			w.t.Errorf("close store: %v", err)
		}
	}
}

// pass lets virtual time pass, and what it brings happen.
func (w *world) pass(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
	synctest.Wait()
}

func (w *world) connect(id string, change ...func(*store.Connection)) store.Connection {
	w.t.Helper()
	connection := store.Connection{
		MerchantKey: w.merchant.Key, ID: id, Plugin: "scripted", State: store.Active, Generation: 1,
		Check: store.Untested, CreateTime: time.Now(),
		Takes: store.Takes{
			Tracking: true,
			Facts: store.FactSet(0).With(store.Fact(pluginv1.OrderFact_ORDER_FACT_ORDER_SOURCE)).
				With(store.Fact(pluginv1.OrderFact_ORDER_FACT_DESTINATION_COUNTRY)),
		},
	}
	for _, c := range change {
		c(&connection)
	}
	created, err := w.store.CreateConnection(w.t.Context(), connection)
	if err != nil {
		w.t.Fatal(err)
	}
	return created
}

// submit submits a tracking number and returns its deliveries.
func (w *world) submit(orderID, number, carrier string) []store.DeliveryRef {
	w.t.Helper()
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(&commercev1.Shipment{
		OrderId: orderID,
		Parcels: []*commercev1.Parcel{{TrackingNumber: number, Carrier: proto.String(carrier)}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.accept(store.Submission{Parcels: []store.ParcelSubmission{{
		NumberKey: number, Number: number, OrderID: orderID, Body: body, Hash: body,
	}}})
}

// submitOrder submits an order with a source.
func (w *world) submitOrder(orderID, source string) []store.DeliveryRef {
	w.t.Helper()
	order := &commercev1.Order{OrderId: orderID, OrderSource: proto.String(source)}
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(order)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.accept(store.Submission{Order: &store.OrderSubmission{
		OrderID: orderID, Body: body, Hash: body, Source: source, Facts: facts.OfOrder(order),
	}})
}

func (w *world) accept(submission store.Submission) []store.DeliveryRef {
	w.t.Helper()
	version, wants, err := w.store.PlannedConnections(w.t.Context(), w.merchant.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	submission.MerchantKey, submission.ConfigVersion, submission.Wants = w.merchant.Key, version, wants
	submission.Now, submission.Trace = time.Now(), w.trace
	receipt, err := w.store.Accept(w.t.Context(), submission)
	if err != nil {
		w.t.Fatal(err)
	}
	var made []store.DeliveryRef
	for _, record := range receipt.Records {
		made = append(made, record.Deliveries...)
	}
	return made
}

func (w *world) delivery(id store.DeliveryID) store.Delivery {
	w.t.Helper()
	delivery, err := w.store.DeliveryByID(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return delivery
}

// wantState fails unless the delivery is in the state with the reason.
func (w *world) wantState(id store.DeliveryID, state store.DeliveryState, reason string) store.Delivery {
	w.t.Helper()
	delivery := w.delivery(id)
	if delivery.State != state || delivery.Reason != reason {
		w.t.Errorf("delivery is in state %d with reason %q, want %d %q",
			delivery.State, delivery.Reason, state, reason)
	}
	return delivery
}

// editSettings gives the connection other settings.
func (w *world) editSettings(connection store.Connection) {
	w.t.Helper()
	stored, err := w.store.ConnectionByKey(w.t.Context(), connection.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	stored.Settings = map[string]string{"edited": fmt.Sprint(stored.Version)}
	_, _, err = w.store.EditConnection(w.t.Context(), store.ConnectionEdit{
		Connection: stored, SettingsChanged: true, Now: time.Now(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// setFilter gives the connection a filter, which is no setting.
func (w *world) setFilter(connection store.Connection, filter string) {
	w.t.Helper()
	stored, err := w.store.ConnectionByKey(w.t.Context(), connection.Key)
	if err != nil {
		w.t.Fatal(err)
	}
	stored.Filter = filter
	if _, _, err := w.store.EditConnection(w.t.Context(), store.ConnectionEdit{
		Connection: stored, Now: time.Now(),
	}); err != nil {
		w.t.Fatal(err)
	}
}

// setState pauses or resumes a connection by hand.
func (w *world) setState(connection store.Connection, state store.ConnectionState) {
	w.t.Helper()
	change := store.StateChange{Connection: connection.Key, State: state, Now: time.Now()}
	if state == store.Paused {
		change.Reason = store.PausedByOperator
	}
	_, err := w.store.SetConnectionState(w.t.Context(), change)
	if err != nil {
		w.t.Fatal(err)
	}
}

// beforeLoad has something done whenever deliveries are about to be loaded.
func (w *world) beforeLoad(do func(ids []store.DeliveryID)) { w.hooked.loading.Store(&do) }

// hookedStore is a store in which something happens between two reads.
type hookedStore struct {
	*sqlite.Store
	loading atomic.Pointer[func(ids []store.DeliveryID)]
	// intended counts the deliveries noted before their send.
	intended atomic.Int64
	// states counts the writes of plugin state.
	states atomic.Int64
	// full: there is no room but for outcomes.
	full atomic.Bool
	// lookups counts the queries of lanes.
	lookups atomic.Int64
	// sweeps counts the steps of sweeps.
	sweeps atomic.Int64
	// refusing is how many outcomes are refused yet.
	refusing atomic.Int64
	// refuses says why an outcome is refused, nil if it is not.
	refuses atomic.Pointer[func(store.Completion) error]
}

// DueDeliveries is for the dispatcher.
func (h *hookedStore) DueDeliveries(ctx context.Context, queries []store.DueQuery) ([]store.DueReading, error) {
	h.lookups.Add(int64(len(queries)))
	return h.Store.DueDeliveries(ctx, queries)
}

// LateLanes is for the dispatcher.
func (h *hookedStore) LateLanes(
	ctx context.Context, before time.Time, after int64, limit int,
) (store.LateLanes, error) {
	h.sweeps.Add(1)
	return h.Store.LateLanes(ctx, before, after, limit)
}

// Intend is for the dispatcher.
func (h *hookedStore) Intend(ctx context.Context, ids []store.DeliveryID) error {
	h.intended.Add(int64(len(ids)))
	return h.Store.Intend(ctx, ids)
}

// Room is for the dispatcher.
func (h *hookedStore) Room() error {
	if h.full.Load() {
		return store.ErrFull
	}
	return h.Store.Room()
}

// Complete is for the dispatcher.
func (h *hookedStore) Complete(ctx context.Context, completions []store.Completion) error {
	if h.refusing.Add(-1) >= 0 {
		return fmt.Errorf("refused")
	}
	if refuses := h.refuses.Load(); refuses != nil {
		for _, c := range completions {
			if err := (*refuses)(c); err != nil {
				return err
			}
		}
	}
	return h.Store.Complete(ctx, completions)
}

// SetPluginState is for the dispatcher.
func (h *hookedStore) SetPluginState(ctx context.Context, change store.PluginStateChange) error {
	h.states.Add(1)
	return h.Store.SetPluginState(ctx, change)
}

// LoadDeliveries is for the dispatcher.
func (h *hookedStore) LoadDeliveries(
	ctx context.Context, ids []store.DeliveryID,
) ([]store.LoadedDelivery, error) {
	if do := h.loading.Load(); do != nil {
		(*do)(ids)
	}
	return h.Store.LoadDeliveries(ctx, ids)
}

// openVault opens connections that have no secrets.
type openVault struct{}

func (openVault) PluginConnection(
	connection store.Connection, _ *pluginv1.Description,
) (*pluginv1.Connection, error) {
	if connection.Title == "sealed with a lost key" {
		return nil, fmt.Errorf("open secrets: no key fits")
	}
	return &pluginv1.Connection{
		Uid: fmt.Sprint(connection.Key), Generation: uint64(connection.Generation), State: connection.PluginState,
	}, nil
}

func (openVault) SealState(_ store.Connection, state []byte) ([]byte, error) { return state, nil }

// scriptedPlugins is one plugin, "scripted", whose answers the test writes.
type scriptedPlugins struct {
	mu          sync.Mutex
	description *pluginv1.Description
	ready       bool
	// answer is asked for each delivery, in goroutines of its own.
	answer  func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult
	callErr error
	calls   []*pluginv1.ForwardTrackingRequest
	onReady func(plugin string)
	// crashes says whether a call with these deliveries ends its process. isolated has
	// the calls to the isolated one.
	crashes  func(isolated bool, deliveries []*pluginv1.TrackingDelivery) bool
	isolated []*pluginv1.ForwardTrackingRequest
}

func newScriptedPlugins() *scriptedPlugins {
	return &scriptedPlugins{
		ready: true,
		description: &pluginv1.Description{
			Name: "scripted", Idempotency: pluginv1.Idempotency_IDEMPOTENCY_LOOKUP,
			Pace: &pluginv1.PaceHints{RequestsPerSecond: 1000, Burst: 1000, Concurrency: 100},
		},
		answer: func(context.Context, *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult { return delivered() },
	}
}

func delivered() *pluginv1.DeliveryResult {
	return &pluginv1.DeliveryResult{Outcome: pluginv1.Outcome_OUTCOME_DELIVERED, RemoteId: "remote"}
}

// wait waits, or until the call is cut off.
func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func seconds(n int64) *durationpb.Duration { return &durationpb.Duration{Seconds: n} }

func failing(outcome pluginv1.Outcome, reason string) *pluginv1.DeliveryResult {
	return &pluginv1.DeliveryResult{Outcome: outcome, Reason: reason}
}

// script changes how the plugin answers from now on.
func (p *scriptedPlugins) script(
	answer func(ctx context.Context, d *pluginv1.TrackingDelivery) *pluginv1.DeliveryResult,
) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// setReady starts or stops the plugin.
func (p *scriptedPlugins) setReady(ready bool) {
	p.mu.Lock()
	p.ready = ready
	p.mu.Unlock()
	if ready {
		p.onReady("scripted")
	}
}

func (p *scriptedPlugins) failCalls(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.callErr = err
}

// sent returns the deliveries of all calls so far.
func (p *scriptedPlugins) sent() []*pluginv1.TrackingDelivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*pluginv1.TrackingDelivery
	for _, call := range p.calls {
		all = append(all, call.GetDeliveries()...)
	}
	return all
}

// Describe is for the dispatcher.
func (p *scriptedPlugins) Describe(plugin string) (*pluginv1.Description, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.description, (plugin == "scripted" || plugin == "other") && p.ready
}

// ForwardTracking is for the dispatcher.
func (p *scriptedPlugins) ForwardTracking(
	ctx context.Context, _ string, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	return p.forward(ctx, false, request, each)
}

func (p *scriptedPlugins) forward(
	ctx context.Context, isolated bool, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	p.mu.Lock()
	answer, callErr := p.answer, p.callErr
	if !p.ready {
		p.mu.Unlock()
		return pluginhost.ErrUnavailable
	}
	p.calls = append(p.calls, request)
	if isolated {
		p.isolated = append(p.isolated, request)
	}
	if p.crashes != nil && p.crashes(isolated, request.GetDeliveries()) {
		callErr = &pluginhost.LostError{Plugin: "scripted", Ending: "exit status 2", Tail: "panic: boom"}
	}
	p.mu.Unlock()
	if callErr != nil {
		return callErr
	}
	results := make(chan *pluginv1.DeliveryResult)
	var answering sync.WaitGroup
	for _, delivery := range request.GetDeliveries() {
		answering.Go(func() {
			result := answer(ctx, delivery)
			if result != nil && result.GetDeliveryId() == "" {
				result.DeliveryId = delivery.GetHeader().GetDeliveryId()
			}
			results <- result
		})
	}
	go func() {
		answering.Wait()
		close(results)
	}()
	for result := range results {
		if result != nil {
			each(result)
		}
	}
	return ctx.Err()
}

// isolation is the isolated process of the plugin.
type isolation struct{ *scriptedPlugins }

// ForwardTracking is for the dispatcher.
func (i isolation) ForwardTracking(
	ctx context.Context, _ string, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	return i.forward(ctx, true, request, each)
}

// CheckConnection is for the dispatcher. The test is without deliveries.
func (i isolation) CheckConnection(
	context.Context, string, *pluginv1.CheckConnectionRequest,
) (*pluginv1.CheckConnectionResponse, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.crashes != nil && i.crashes(true, nil) {
		return nil, &pluginhost.LostError{Plugin: "scripted", Ending: "exit status 2"}
	}
	return &pluginv1.CheckConnectionResponse{}, nil
}

// CopyOrders is for the dispatcher.
func (p *scriptedPlugins) CopyOrders(
	context.Context, string, *pluginv1.CopyOrdersRequest, func(*pluginv1.DeliveryResult),
) error {
	return pluginhost.ErrUnsupported
}
