package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/store"
)

// slow is a store that keeps what comes of one merchant under way until it is let go.
type slow struct {
	keepsNothing
	underWay atomic.Int64
	letGo    chan struct{}
}

const slowMerchant = 7

func (s *slow) MerchantByID(_ context.Context, id string) (store.Merchant, error) {
	if id == "flood" {
		return store.Merchant{Key: slowMerchant}, nil
	}
	return store.Merchant{Key: 1}, nil
}

func (s *slow) Accept(ctx context.Context, submission store.Submission) (store.Receipt, error) {
	if submission.MerchantKey == slowMerchant {
		s.underWay.Add(1)
		<-s.letGo
		s.underWay.Add(-1)
	}
	return s.keepsNothing.Accept(ctx, submission)
}

// scriptedStream is a stream whose caller sends what is in a channel and reads every
// acknowledgement.
type scriptedStream struct {
	grpc.ServerStream
	ctx          context.Context //nolint:containedctx // a stream has one
	sent         chan *apiv1.SubmitStreamRequest
	mu           sync.Mutex
	acknowledged map[uint64]codes.Code
}

func newScriptedStream(ctx context.Context) *scriptedStream {
	return &scriptedStream{
		ctx: ctx, sent: make(chan *apiv1.SubmitStreamRequest, 100), acknowledged: map[uint64]codes.Code{},
	}
}

func (s *scriptedStream) Context() context.Context { return s.ctx }

func (s *scriptedStream) Recv() (*apiv1.SubmitStreamRequest, error) {
	request, more := <-s.sent
	if !more {
		return nil, io.EOF
	}
	return request, nil
}

func (s *scriptedStream) Send(response *apiv1.SubmitStreamResponse) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range response.GetAcknowledgements() {
		s.acknowledged[a.GetSequence()] = codes.Code(a.GetResult().GetStatus().GetCode())
	}
	return nil
}

func (s *scriptedStream) count(code codes.Code) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, got := range s.acknowledged {
		if got == code {
			n++
		}
	}
	return n
}

// frame has items of one merchant, numbered on from first.
func frame(merchant string, first, items int) *apiv1.SubmitStreamRequest {
	request := &apiv1.SubmitStreamRequest{}
	for i := first; i < first+items; i++ {
		request.Items = append(request.Items, &apiv1.StreamItem{
			Sequence: uint64(i), Parent: "merchants/" + merchant, Item: submitItem(fmt.Sprint("N", i)),
		})
	}
	return request
}

// TestFloodHoldsUpNoOther: what one merchant has under way by all of its streams and
// batches is bounded, and others go past what waits, also on the same stream (promise
// P5).
func TestFloodHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		othersFirst bool
		most        int64
	}{
		"alone at first":            {false, mostAlone},
		"others have submitted now": {true, mostBeside},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			floodBeside(t, c.othersFirst, c.most)
		})
	}
}

func floodBeside(t *testing.T, othersFirst bool, most int64) {
	t.Helper()
	const items = 2 * mostAlone
	synctest.Test(t, func(t *testing.T) {
		kept := &slow{letGo: make(chan struct{})}
		service := New(Options{Store: kept, Logger: apitest.Logger()})
		var running sync.WaitGroup
		if othersFirst {
			_, err := service.SubmitTracking(t.Context(), &apiv1.SubmitTrackingRequest{
				Parent: "merchants/calm", Shipment: shipment("A-1", "N1", "UPS"),
			})
			if err != nil {
				t.Error(err)
			}
		}
		streams := []*scriptedStream{newScriptedStream(t.Context()), newScriptedStream(t.Context())}
		for _, stream := range streams {
			running.Go(func() {
				if err := service.SubmitStream(stream); err != nil {
					t.Error(err)
				}
			})
			stream.sent <- frame("flood", 0, items)
		}
		batch := &apiv1.SubmitBatchRequest{Parent: "merchants/flood"}
		for i := range items {
			batch.Items = append(batch.Items, submitItem(fmt.Sprint("B", i)))
		}
		running.Go(func() {
			if _, err := service.SubmitBatch(t.Context(), batch); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		if got := kept.underWay.Load(); got != most {
			t.Errorf("%d of the flood are under way, want %d", got, most)
		}
		for _, stream := range streams {
			stream.sent <- frame("calm", items, 3)
			close(stream.sent)
		}
		synctest.Wait()
		for _, stream := range streams {
			if got := stream.count(codes.OK); got != 3 {
				t.Errorf("%d of a stream are acknowledged, want the 3 of the other merchant", got)
			}
		}
		close(kept.letGo)
		running.Wait()
		for _, stream := range streams {
			if got := stream.count(codes.OK); got != items+3 {
				t.Errorf("%d are acknowledged in the end, want all %d", got, items+3)
			}
		}
	})
}

// TestStrangersTakeNoShare: who may not submit for a merchant does not wait in its
// line, and holds nobody up there.
func TestStrangersTakeNoShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &slow{letGo: make(chan struct{})}
		forbidden := errors.New("not yours")
		service := New(Options{
			Store: kept, Logger: apitest.Logger(),
			Authorize: func(ctx context.Context, _ string) error {
				if ctx.Value(stranger{}) != nil {
					return forbidden
				}
				return nil
			},
		})
		var running sync.WaitGroup
		owner := newScriptedStream(t.Context())
		other := newScriptedStream(context.WithValue(t.Context(), stranger{}, true))
		for _, stream := range []*scriptedStream{owner, other} {
			running.Go(func() {
				if err := service.SubmitStream(stream); err != nil {
					t.Error(err)
				}
			})
			stream.sent <- frame("flood", 0, 2*mostAlone)
			synctest.Wait()
		}
		if got := other.count(codes.Unknown); got != 2*mostAlone {
			t.Errorf("%d of the stranger's are refused, want all %d at once", got, 2*mostAlone)
		}
		close(kept.letGo)
		close(owner.sent)
		close(other.sent)
		running.Wait()
	})
}

type stranger struct{}

// TestCallerWhoGoesAwayWaitsForNoShare: what waits is refused when its caller is gone.
func TestCallerWhoGoesAwayWaitsForNoShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &slow{letGo: make(chan struct{})}
		service := New(Options{Store: kept, Logger: apitest.Logger()})
		ctx, leave := context.WithCancel(t.Context())
		stream := newScriptedStream(ctx)
		var running sync.WaitGroup
		running.Go(func() {
			if err := service.SubmitStream(stream); err != nil {
				t.Error(err)
			}
		})
		stream.sent <- frame("flood", 0, 2*mostAlone)
		synctest.Wait()
		leave()
		synctest.Wait()
		if got := stream.count(codes.Canceled); got != mostAlone {
			t.Errorf("%d were refused, want the %d that waited", got, mostAlone)
		}
		close(kept.letGo)
		close(stream.sent)
		running.Wait()
		if len(service.shares.byMerchant) != 0 {
			t.Error("a share is held by nobody")
		}
	})
}

// TestAcknowledgementsShareMessages, as many as there are, up to the bound.
func TestAcknowledgementsShareMessages(t *testing.T) {
	t.Parallel()
	const items = maxAcknowledgements + 3
	acknowledgements := make(chan *apiv1.Acknowledgement, items)
	for i := range items {
		acknowledgements <- &apiv1.Acknowledgement{Sequence: uint64(i)}
	}
	close(acknowledgements)
	counting := &countingStream{}
	if err := sendAcknowledgements(counting, acknowledgements); err != nil {
		t.Fatal(err)
	}
	if want := []int{maxAcknowledgements, 3}; !slices.Equal(counting.sizes, want) {
		t.Errorf("messages of %v, want %v", counting.sizes, want)
	}
}

// countingStream counts the acknowledgements of each message.
type countingStream struct {
	scriptedStream
	sizes []int
}

func (s *countingStream) Send(response *apiv1.SubmitStreamResponse) error {
	s.sizes = append(s.sizes, len(response.GetAcknowledgements()))
	return nil
}
