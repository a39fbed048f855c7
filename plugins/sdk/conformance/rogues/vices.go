package main

import (
	"context"
	"os"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// rogue has one vice.
type rogue struct {
	vice string

	first sync.Once

	mu        sync.Mutex
	kept      [][]byte
	open      []*os.File
	described int
	// mixed are the settings that all connections get.
	mixed map[string]string
}

const (
	// mostEaten is where a memory hog stops, so that it is the test that ends it.
	mostEaten = 640 << 20
	// eaten is what it eats for each delivery, and leaked what a leak loses.
	eaten, leaked = 1 << 20, 32 << 10
	// mostOpen files are left open by a leak: the machine has a limit too.
	mostOpen = 5000
	// flooded is what a flood logs at its first call, and floods at each.
	flooded, floods = 2 << 20, 64 << 10
)

// intercept does what the vice does to calls with deliveries.
func (r *rogue) intercept(
	server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	if !strings.HasSuffix(info.FullMethod, "/ForwardTracking") {
		return handler(server, stream)
	}
	return handler(server, &tampered{ServerStream: stream, rogue: r})
}

// interceptUnary does what the vice does to other calls.
func (r *rogue) interceptUnary(
	ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	response, err := handler(ctx, request)
	described, ok := response.(*pluginv1.DescribeResponse)
	if !ok || r.vice != "fickle" {
		return response, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.described++
	other, _ := proto.Clone(described).(*pluginv1.DescribeResponse)
	other.Description.Title = strings.Repeat("Rogue", r.described)
	return other, err
}

// tampered is a stream whose calls and answers the rogue spoils.
type tampered struct {
	grpc.ServerStream
	rogue *rogue
}

// Context implements grpc.ServerStream.
func (t *tampered) Context() context.Context {
	if t.rogue.vice == "deaf" {
		return context.WithoutCancel(t.ServerStream.Context())
	}
	return t.ServerStream.Context()
}

// RecvMsg implements grpc.ServerStream.
func (t *tampered) RecvMsg(message any) error {
	if err := t.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	request, ok := message.(*pluginv1.ForwardTrackingRequest)
	if !ok || len(request.GetDeliveries()) == 0 {
		return nil
	}
	switch t.rogue.vice {
	case "hang":
		forever()
	case "liar":
		return t.lie(request)
	case "deaf":
		for _, d := range request.GetDeliveries() {
			d.Header.TimeBudget = durationpb.New(time.Hour)
		}
	case "pedant":
		for _, d := range request.GetDeliveries() {
			if traceparent := d.GetHeader().GetTraceparent(); traceparent != "" && !strings.HasPrefix(traceparent, "00-") {
				return status.Error(codes.InvalidArgument, "no traceparent of version 00")
			}
		}
	case "log-flood":
		t.rogue.first.Do(func() { flood(flooded) })
		flood(floods)
	case "blabber":
		for _, c := range request.GetConnections() {
			_, _ = os.Stderr.WriteString("calling with key " + c.GetSecrets()["api_key"] + "\n")
		}
	case "mixer":
		t.rogue.mix(request.GetConnections())
	case "leak":
		t.rogue.leak(len(request.GetDeliveries()))
	case "memory-hog":
		t.rogue.eat(len(request.GetDeliveries()))
	}
	return nil
}

func flood(bytes int) {
	const line = "again and again and again and again\n"
	_, _ = os.Stderr.WriteString(strings.Repeat(line, bytes/len(line)))
}

// lie says of every delivery that it arrived, and sends none.
func (t *tampered) lie(request *pluginv1.ForwardTrackingRequest) error {
	response := &pluginv1.ForwardTrackingResponse{}
	for _, d := range request.GetDeliveries() {
		response.Results = append(response.Results, &pluginv1.DeliveryResult{
			DeliveryId: d.GetHeader().GetDeliveryId(), Outcome: pluginv1.Outcome_OUTCOME_DELIVERED,
		})
	}
	request.Deliveries, request.Connections = nil, nil
	return t.ServerStream.SendMsg(response)
}

// SendMsg implements grpc.ServerStream.
func (t *tampered) SendMsg(message any) error {
	response, ok := message.(*pluginv1.ForwardTrackingResponse)
	if !ok {
		return t.ServerStream.SendMsg(message)
	}
	for _, result := range response.GetResults() {
		switch t.rogue.vice {
		case "wrong-ids":
			result.DeliveryId += "-of-another"
		case "slovenly":
			result.Reason = "because"
		case "giant-reply":
			result.ResponseExcerpt = strings.Repeat("x", pluginv1.MaxCallBytes)
		}
	}
	return t.ServerStream.SendMsg(message)
}

// mix gives every connection the settings of the first one it ever saw.
func (r *rogue) mix(connections []*pluginv1.Connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range connections {
		if r.mixed == nil {
			r.mixed = c.GetSettings()
		}
		c.Settings = r.mixed
	}
}

// leak loses a little memory and a file for each delivery.
func (r *rogue) leak(deliveries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range deliveries {
		r.keep(leaked)
		if file, err := os.Open(os.DevNull); err == nil && len(r.open) < mostOpen {
			r.open = append(r.open, file)
		}
	}
}

// eat takes much memory for each delivery, up to a limit.
func (r *rogue) eat(deliveries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range deliveries {
		if len(r.kept)*eaten < mostEaten {
			r.keep(eaten)
		}
	}
}

// keep holds memory for ever, and writes to it so that it is real. The caller holds
// the mutex.
func (r *rogue) keep(bytes int) {
	held := make([]byte, bytes)
	for at := 0; at < len(held); at += 4 << 10 {
		held[at] = 1
	}
	r.kept = append(r.kept, held)
}
