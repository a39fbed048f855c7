package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// within bounds a call.
func (s *suite) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, s.patience, errTimeout)
}

// explain turns an error of a call into words for an author.
func (p *process) explain(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errTimeout) {
		return fmt.Errorf("%w, within %s", errTimeout, p.suite.patience)
	}
	if code := status.Code(err); code == codes.Unavailable && p.exitsWithin(ctx, time.Second) {
		return p.survived()
	}
	text := []rune(err.Error())
	return errors.New(string(text[:min(len(text), 400)]))
}

func (p *process) describe(ctx context.Context) (*pluginv1.Description, error) {
	ctx, cancel := p.suite.within(ctx)
	defer cancel()
	response, err := pluginv1.NewExtraInterfaceServiceClient(p.conn).Describe(ctx, &pluginv1.DescribeRequest{})
	p.suite.observed.answer("Describe", response, err)
	if err != nil {
		return nil, fmt.Errorf("describe: %w", p.explain(ctx, err))
	}
	if response.GetDescription() == nil {
		return nil, errors.New("describe: the answer has no description")
	}
	return response.GetDescription(), nil
}

func (p *process) check(
	ctx context.Context, connection *pluginv1.Connection,
) (*pluginv1.CheckConnectionResponse, error) {
	ctx, cancel := p.suite.within(ctx)
	defer cancel()
	p.suite.observed.remember(connection)
	response, err := pluginv1.NewExtraInterfaceServiceClient(p.conn).CheckConnection(ctx,
		&pluginv1.CheckConnectionRequest{Connection: connection})
	p.suite.observed.answer("CheckConnection", response, err)
	if err != nil {
		return nil, fmt.Errorf("check connection: %w", p.explain(ctx, err))
	}
	return response, nil
}

// checkSettings returns the error as gRPC has it.
func (p *process) checkSettings(
	ctx context.Context, connection *pluginv1.Connection,
) (*pluginv1.CheckSettingsResponse, error) {
	ctx, cancel := p.suite.within(ctx)
	defer cancel()
	p.suite.observed.remember(connection)
	response, err := pluginv1.NewExtraInterfaceServiceClient(p.conn).CheckSettings(ctx,
		&pluginv1.CheckSettingsRequest{Connection: connection})
	p.suite.observed.answer("CheckSettings", response, err)
	return response, err
}

// batch is one call with deliveries.
type batch struct {
	contract    pluginv1.Contract
	connections []*pluginv1.Connection
	deliveries  []*delivery
	// each gets every result as it comes, nil for nobody.
	each func(*pluginv1.DeliveryResult)
	// raw is added to the call as it is encoded: fields of a later contract.
	raw []byte
}

// send makes the call and returns the results in the order in which they came, with
// the error that ended the stream early.
func (p *process) send(ctx context.Context, b batch) ([]*pluginv1.DeliveryResult, error) {
	for _, c := range b.connections {
		p.suite.observed.remember(c)
	}
	p.deliveries.Add(int64(len(b.deliveries)))
	// A stream that is not read to its end is held until its context ends.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if b.contract == pluginv1.Contract_CONTRACT_ORDER_COPY {
		request := &pluginv1.CopyOrdersRequest{Connections: b.connections}
		for _, d := range b.deliveries {
			request.Deliveries = append(request.Deliveries, &pluginv1.OrderDelivery{Header: d.header, Order: d.order})
		}
		request.ProtoReflect().SetUnknown(b.raw)
		stream, err := pluginv1.NewOrderCopyServiceClient(p.conn).CopyOrders(ctx, request)
		return collect(p, b, stream, err)
	}
	request := &pluginv1.ForwardTrackingRequest{Connections: b.connections}
	for _, d := range b.deliveries {
		request.Deliveries = append(request.Deliveries,
			&pluginv1.TrackingDelivery{Header: d.header, Record: d.tracking})
	}
	request.ProtoReflect().SetUnknown(b.raw)
	stream, err := pluginv1.NewTrackingForwardServiceClient(p.conn).ForwardTracking(ctx, request)
	return collect(p, b, stream, err)
}

func collect[R any, P interface {
	*R
	GetResults() []*pluginv1.DeliveryResult
}](p *process, b batch, stream grpc.ServerStreamingClient[R], err error) ([]*pluginv1.DeliveryResult, error) {
	if err != nil {
		p.suite.observed.answer("a call", nil, err)
		return nil, err
	}
	var results []*pluginv1.DeliveryResult
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return results, nil
		}
		if err != nil {
			p.suite.observed.answer("a call", nil, err)
			return results, err
		}
		for _, result := range P(message).GetResults() {
			p.suite.observed.result(result)
			results = append(results, result)
			if b.each != nil {
				b.each(result)
			}
		}
		if len(results) > 4*len(b.deliveries) {
			return results, fmt.Errorf("%d results for %d deliveries", len(results), len(b.deliveries))
		}
	}
}

// deliver makes a call that has to end by itself with one result for each delivery,
// and returns them by id.
func (p *process) deliver(ctx context.Context, b batch) (map[string]*pluginv1.DeliveryResult, error) {
	ctx, cancel := p.suite.within(ctx)
	defer cancel()
	results, err := p.send(ctx, b)
	by, wrong := byID(b.deliveries, results, err == nil)
	if wrong == nil && err != nil {
		wrong = fmt.Errorf("the call ended early: %w", p.explain(ctx, err))
	}
	return by, wrong
}

// byID is results by the id of their delivery, and what is wrong with the ids.
func byID(
	deliveries []*delivery, results []*pluginv1.DeliveryResult, ended bool,
) (map[string]*pluginv1.DeliveryResult, error) {
	by := map[string]*pluginv1.DeliveryResult{}
	known := map[string]bool{}
	for _, d := range deliveries {
		known[d.id()] = true
	}
	var wrong noted
	for _, r := range results {
		switch id := r.GetDeliveryId(); {
		case !known[id]:
			wrong.add("a result names a delivery that is not in the call: %.80q", id)
		case by[id] != nil:
			wrong.add("a delivery has two results")
		default:
			by[id] = r
		}
	}
	if missing := len(deliveries) - len(by); ended && missing > 0 {
		wrong.add("%d of %d deliveries have no result", missing, len(deliveries))
	}
	if faults := wrong.list(); len(faults) > 0 {
		return by, errors.New(strings.Join(faults, "; "))
	}
	return by, nil
}

// deliverOne delivers one record to one connection.
func (p *process) deliverOne(
	ctx context.Context, contract pluginv1.Contract, c *pluginv1.Connection, d *delivery,
) (*pluginv1.DeliveryResult, error) {
	by, err := p.deliver(ctx, batch{
		contract: contract, connections: []*pluginv1.Connection{c}, deliveries: []*delivery{d},
	})
	if err != nil {
		return nil, err
	}
	return by[d.id()], nil
}

// budget sets the time that a delivery has.
func (d *delivery) budget(budget time.Duration) *delivery {
	d.header.TimeBudget = durationpb.New(budget)
	return d
}
