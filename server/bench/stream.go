package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// stream says how orders go over SubmitStream.
type stream struct {
	Streams int
	// Frame is how many orders go in one message.
	Frame int
	// Window is how many orders of a stream may be unacknowledged.
	Window int
}

// sentOrders are the orders of a stream that wait for their acknowledgement.
type sentOrders struct {
	mu     sync.Mutex
	byItem map[uint64]time.Time
}

func (l *load) runStream(ctx context.Context) error {
	// The stream ends when everything is acknowledged, not with the run.
	calls, err := apiv1.NewIntakeServiceClient(l.client).SubmitStream(context.WithoutCancel(ctx))
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	window := semaphore.NewWeighted(int64(l.stream.Window))
	waiting := &sentOrders{byItem: map[uint64]time.Time{}}
	received := make(chan error, 1)
	go func() { received <- l.receive(calls.Recv, waiting, window) }()
	for {
		frame, err := l.frame(ctx, window, waiting)
		if err != nil {
			break // The run is over.
		}
		if err := calls.Send(frame); err != nil {
			return errors.Join(fmt.Errorf("send on stream: %w", err), <-received)
		}
	}
	if err := calls.CloseSend(); err != nil {
		return fmt.Errorf("end stream: %w", err)
	}
	return <-received
}

// frame gathers the next message.
func (l *load) frame(
	ctx context.Context, window *semaphore.Weighted, waiting *sentOrders,
) (*apiv1.SubmitStreamRequest, error) {
	if err := window.Acquire(ctx, int64(l.stream.Frame)); err != nil {
		return nil, err
	}
	request := &apiv1.SubmitStreamRequest{}
	for range l.stream.Frame {
		n, intended, err := l.turn(ctx)
		if err != nil {
			return nil, err
		}
		waiting.mu.Lock()
		waiting.byItem[uint64(n)] = intended
		waiting.mu.Unlock()
		request.Items = append(request.Items, &apiv1.StreamItem{
			Sequence: uint64(n), Parent: l.merchant(n),
			Item: &apiv1.SubmitItem{Record: &apiv1.SubmitItem_Order{Order: l.order(n, intended)}},
		})
	}
	return request, nil
}

func (l *load) receive(
	next func() (*apiv1.SubmitStreamResponse, error), waiting *sentOrders, window *semaphore.Weighted,
) error {
	var acks []acknowledgement
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.acks = append(l.acks, acks...)
	}()
	for {
		message, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("receive on stream: %w", err)
		}
		waiting.mu.Lock()
		for _, ack := range message.GetAcknowledgements() {
			if code := ack.GetResult().GetStatus().GetCode(); code != int32(codes.OK) {
				waiting.mu.Unlock()
				return fmt.Errorf("submit on stream: %s", ack.GetResult().GetStatus().GetMessage())
			}
			intended := waiting.byItem[ack.GetSequence()]
			delete(waiting.byItem, ack.GetSequence())
			acks = append(acks, acknowledgement{intended, time.Since(intended)})
			l.count(len(ack.GetResult().GetOrder().GetDeliveries()))
		}
		waiting.mu.Unlock()
		window.Release(int64(len(message.GetAcknowledgements())))
	}
}
