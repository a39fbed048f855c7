package dispatch_test

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
)

// The plugins of the model. What the first sends twice is recognised at the extra
// interface, what the second does makes a second record.
const (
	sure  = "sure"
	blunt = "blunt"
)

// What plugins ask for.
const (
	modelConcurrency = 3
	modelRate        = 2
	modelBurst       = 5
)

// misbehaviour is what a plugin may do instead of its work, as bits of a mask.
type misbehaviour int

const (
	asksForRetry misbehaviour = iota
	asksForLater
	throttles
	rejects
	refuses
	skips
	answersUnknown
	answersNothing
	answersNonsense
	answersTwice
	answersForOthers
	losesItself
	takesLong
	asksAlone
	misbehaviours
)

// plan is what a plugin does with one send.
type plan struct {
	// arrives after that time, and is answered after another.
	arrives        bool
	arrival, reply time.Duration
	results        []*pluginv1.DeliveryResult
	// lost: the process ends instead of a reply.
	lost bool
}

// planOf draws what becomes of a send. It depends on nothing but the seed and the
// send's own number, whatever goes on beside it.
func (m *model) planOf(s *send) plan {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.at.name))
	draw := rand.New(rand.NewPCG(m.schedule.seed^uint64(s.at.connection), h.Sum64()+uint64(s.number)))
	p := plan{arrives: true, results: []*pluginv1.DeliveryResult{m.arrived(s, draw)}}
	if m.poisonous(s.at.name) {
		return plan{lost: true, arrives: draw.IntN(2) == 0}
	}
	if !m.faulty || draw.IntN(100) >= m.schedule.percent {
		return p
	}
	if m.schedule.mask&(1<<takesLong) != 0 && draw.IntN(3) == 0 {
		p.reply = time.Duration(draw.IntN(90)) * time.Second
		// The kit looks at the deadline before it writes.
		p.arrival = min(p.reply, 60*time.Second) / time.Duration(1+draw.IntN(2))
	}
	var kinds []misbehaviour
	for kind := range misbehaviours {
		if kind != takesLong && m.schedule.mask&(1<<kind) != 0 {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) > 0 {
		p.misbehave(kinds[draw.IntN(len(kinds))], draw)
	}
	return p
}

func (p *plan) misbehave(kind misbehaviour, draw *rand.Rand) {
	answer := func(outcome pluginv1.Outcome, reason string) {
		p.arrives = false
		p.results = []*pluginv1.DeliveryResult{failing(outcome, reason)}
	}
	delay := durationpb.New([]time.Duration{0, 10 * time.Second, 10 * time.Minute}[draw.IntN(3)])
	switch kind {
	case asksForRetry:
		answer(pluginv1.Outcome_OUTCOME_RETRY, "DOWN")
	case asksForLater:
		answer(pluginv1.Outcome_OUTCOME_RETRY, "LATER")
		p.results[0].Delay = delay
	case throttles:
		answer(pluginv1.Outcome_OUTCOME_THROTTLED, "LIMIT")
		p.results[0].Delay = delay
	case rejects:
		answer(pluginv1.Outcome_OUTCOME_REJECTED, "INVALID")
		p.results[0].FixScope = pluginv1.FixScope(draw.IntN(4))
		p.results[0].HttpStatus = uint32(draw.IntN(2) * 422)
	case refuses:
		answer(pluginv1.Outcome_OUTCOME_UNAUTHORIZED, "KEY_REVOKED")
	case skips:
		answer(pluginv1.Outcome_OUTCOME_SKIPPED, "NOT_NEEDED")
	case answersUnknown:
		answer(pluginv1.Outcome_OUTCOME_UNKNOWN, "NO_ANSWER")
		p.arrives = draw.IntN(2) == 0
	case answersNothing:
		p.results, p.arrives = nil, draw.IntN(2) == 0
	case answersNonsense:
		answer(pluginv1.Outcome(draw.IntN(2)*99), "HUH")
		p.arrives = draw.IntN(2) == 0
	case answersTwice:
		p.results = append(p.results, failing(pluginv1.Outcome_OUTCOME_REJECTED, "SECOND_THOUGHTS"))
	case answersForOthers:
		other := failing(pluginv1.Outcome_OUTCOME_REJECTED, "NOT_MINE")
		other.DeliveryId = "0000000000zzz"
		p.results = append([]*pluginv1.DeliveryResult{other}, p.results...)
	case losesItself:
		p.lost, p.arrives = true, draw.IntN(2) == 0
	case asksAlone:
		answer(pluginv1.Outcome_OUTCOME_RETRY, "LACKS_SOMETHING")
		p.results[0].RecordOnly = true
	case takesLong, misbehaviours:
	}
}

// modelPlugins are the plugins for the dispatcher of one life.
type modelPlugins struct {
	run  *modelRun
	dead chan struct{}
}

// Describe is for the dispatcher.
func (p *modelPlugins) Describe(plugin string) (*pluginv1.Description, bool) {
	idempotency := pluginv1.Idempotency_IDEMPOTENCY_LOOKUP
	if plugin == blunt {
		idempotency = pluginv1.Idempotency_IDEMPOTENCY_NONE
	}
	return &pluginv1.Description{
		Name: plugin, Idempotency: idempotency,
		Pace: &pluginv1.PaceHints{
			RequestsPerSecond: modelRate, Burst: modelBurst, Concurrency: modelConcurrency, BatchRecords: 3,
		},
	}, p.run.isReady(plugin)
}

// shipped is a delivery in a call, whatever its contract.
type shipped struct {
	header *pluginv1.DeliveryHeader
	order  *commercev1.Order
	record *pluginv1.TrackingRecord
}

// ForwardTracking is for the dispatcher.
func (p *modelPlugins) ForwardTracking(
	ctx context.Context, plugin string, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	return p.forward(ctx, plugin, false, request.GetConnections(), trackingOf(request), each)
}

func trackingOf(request *pluginv1.ForwardTrackingRequest) []shipped {
	var all []shipped
	for _, d := range request.GetDeliveries() {
		all = append(all, shipped{header: d.GetHeader(), record: d.GetRecord()})
	}
	return all
}

// CopyOrders is for the dispatcher.
func (p *modelPlugins) CopyOrders(
	ctx context.Context, plugin string, request *pluginv1.CopyOrdersRequest, each func(*pluginv1.DeliveryResult),
) error {
	return p.forward(ctx, plugin, false, request.GetConnections(), ordersOf(request), each)
}

// ordersOf reads the orders as they come over the wire: one that goes as it is kept is
// not decoded before.
func ordersOf(request *pluginv1.CopyOrdersRequest) []shipped {
	raw, err := proto.Marshal(request)
	if err != nil {
		panic(err)
	}
	arrived := &pluginv1.CopyOrdersRequest{}
	if err := proto.Unmarshal(raw, arrived); err != nil {
		panic(err)
	}
	var all []shipped
	for _, d := range arrived.GetDeliveries() {
		all = append(all, shipped{header: d.GetHeader(), order: d.GetOrder()})
	}
	return all
}

// isolatedModel are their isolated processes.
type isolatedModel struct{ *modelPlugins }

// ForwardTracking is for the dispatcher.
func (i isolatedModel) ForwardTracking(
	ctx context.Context, plugin string, request *pluginv1.ForwardTrackingRequest, each func(*pluginv1.DeliveryResult),
) error {
	return i.forward(ctx, plugin, true, request.GetConnections(), trackingOf(request), each)
}

// CheckConnection is for the dispatcher. Nothing but deliveries ends these processes.
func (i isolatedModel) CheckConnection(
	_ context.Context, plugin string, _ *pluginv1.CheckConnectionRequest,
) (*pluginv1.CheckConnectionResponse, error) {
	if i.isDead() || !i.run.isReady(plugin) {
		return nil, pluginhost.ErrUnavailable
	}
	return &pluginv1.CheckConnectionResponse{}, nil
}

// CopyOrders is for the dispatcher.
func (i isolatedModel) CopyOrders(
	ctx context.Context, plugin string, request *pluginv1.CopyOrdersRequest, each func(*pluginv1.DeliveryResult),
) error {
	return i.forward(ctx, plugin, true, request.GetConnections(), ordersOf(request), each)
}

func (p *modelPlugins) forward(
	ctx context.Context, plugin string, isolated bool, connections []*pluginv1.Connection, all []shipped,
	each func(*pluginv1.DeliveryResult),
) error {
	select {
	case <-p.dead:
		return pluginhost.ErrUnavailable
	default:
	}
	if !p.run.isReady(plugin) {
		return pluginhost.ErrUnavailable
	}
	generations := map[string]uint64{}
	for _, connection := range connections {
		generations[connection.GetUid()] = connection.GetGeneration()
	}
	process, end := context.WithCancelCause(ctx)
	defer end(nil)
	results := make(chan *pluginv1.DeliveryResult)
	var sending sync.WaitGroup
	for _, one := range all {
		s := p.run.begin(ctx, one, plugin, int64(generations[one.header.GetConnectionUid()]), isolated)
		sending.Go(func() { p.send(process, end, s, results) })
	}
	go func() {
		sending.Wait()
		close(results)
	}()
	for result := range results {
		each(result)
	}
	if cause := context.Cause(process); errors.Is(cause, pluginhost.ErrLost) {
		return cause
	}
	return ctx.Err()
}

// send brings one delivery to the extra interface and answers for it, unless the
// process ends before.
func (p *modelPlugins) send(
	process context.Context, end context.CancelCauseFunc, s *send, results chan<- *pluginv1.DeliveryResult,
) {
	defer p.run.end(s)
	if !p.lasts(process, s.plan.arrival) {
		// What was on its way may arrive without us.
		if s.plan.arrives && p.isDead() && s.number%2 == 0 {
			p.run.arrive(s)
		}
		return
	}
	if s.plan.arrives {
		p.run.arrive(s)
	}
	if !p.lasts(process, s.plan.reply-s.plan.arrival) {
		return
	}
	if s.plan.lost {
		end(&pluginhost.LostError{Plugin: s.plugin, Ending: "exit status 2", Tail: "panic: boom"})
		return
	}
	p.run.answered(s)
	for _, result := range s.plan.results {
		if result.GetDeliveryId() == "" {
			result.DeliveryId = s.id.String()
		}
		results <- result
	}
}

func (p *modelPlugins) isDead() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// lasts waits, and says whether the process is still there.
func (p *modelPlugins) lasts(process context.Context, d time.Duration) bool {
	select {
	case <-process.Done():
		return false
	case <-p.dead:
		return false
	case <-time.After(d):
		return true
	}
}
