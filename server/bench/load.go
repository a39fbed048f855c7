package bench

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// load submits orders of merchants in turn.
type load struct {
	client    grpc.ClientConnInterface
	merchants []string
	gate      *gate
	// series tells the orders of one run from those of others.
	series string
	// rate is how many orders a second are to be sent; 0 is as many as are taken.
	rate float64
	// callers submit one order after the other, unless the orders go over streams.
	callers int
	stream  stream
	// source of the orders, if not empty.
	source string
	// last is how many orders there are in all; 0 is no end.
	last int64

	start    time.Time
	next     atomic.Int64
	accepted atomic.Int64
	mu       sync.Mutex
	acks     []acknowledgement
}

// acknowledgement is when an order was to be sent and how long it took to be
// accepted.
type acknowledgement struct {
	intended time.Time
	took     time.Duration
}

// run submits until ctx ends. A refused order is an error.
func (l *load) run(ctx context.Context) error {
	l.start = time.Now()
	group, running := errgroup.WithContext(ctx)
	for range l.stream.Streams {
		group.Go(func() error { return l.runStream(running) })
	}
	for range l.callers {
		group.Go(func() error { return l.runCaller(running) })
	}
	if err := group.Wait(); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

func (l *load) runCaller(ctx context.Context) error {
	intake := apiv1.NewIntakeServiceClient(l.client)
	var acks []acknowledgement
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.acks = append(l.acks, acks...)
	}()
	for {
		n, intended, err := l.turn(ctx)
		if err != nil {
			return nil //nolint:nilerr // The run is over.
		}
		request := &apiv1.SubmitOrderRequest{Parent: l.merchant(n), Order: l.order(n, intended)}
		// What was begun is seen through, so that it is known what was accepted.
		response, err := intake.SubmitOrder(context.WithoutCancel(ctx), request)
		if err != nil {
			return fmt.Errorf("submit order: %w", err)
		}
		l.count(len(response.GetDeliveries()))
		acks = append(acks, acknowledgement{intended, time.Since(intended)})
	}
}

// turn waits until the next order is to be sent. With a rate, an order that no
// caller was free for counts from when it was to be sent; one that a caller waited
// for counts from when the caller woke.
func (l *load) turn(ctx context.Context) (n int64, intended time.Time, err error) {
	if err := l.gate.wait(ctx); err != nil {
		return 0, time.Time{}, err
	}
	n = l.next.Add(1)
	if l.last > 0 && n > l.last {
		return 0, time.Time{}, io.EOF
	}
	if l.rate == 0 {
		return n, time.Now(), nil
	}
	intended = l.start.Add(time.Duration(float64(n) / l.rate * float64(time.Second)))
	if wait := time.Until(intended); wait > 0 {
		if err := pause(ctx, wait); err != nil {
			return 0, time.Time{}, err
		}
		intended = time.Now()
	}
	return n, intended, nil
}

func (l *load) order(n int64, intended time.Time) *commercev1.Order {
	order := newOrder(l.series, n, intended)
	if l.source != "" {
		order.OrderSource = proto.String(l.source)
	}
	return order
}

func (l *load) merchant(n int64) string { return l.merchants[n%int64(len(l.merchants))] }

func (l *load) count(deliveries int) {
	l.gate.made.Add(int64(deliveries))
	l.accepted.Add(1)
}

// acknowledged returns how long the orders within the window took to be accepted.
func (l *load) acknowledged(from, to time.Time) latencies {
	var found latencies
	for _, ack := range l.acks {
		if !ack.intended.Before(from) && ack.intended.Before(to) {
			found = append(found, ack.took)
		}
	}
	return found
}
