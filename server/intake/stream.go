package intake

import (
	"context"
	"errors"
	"io"
	"runtime"
	"sync"

	"golang.org/x/sync/semaphore"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/validation"
)

// What of one stream may be under way; reading stops above it, and the caller
// feels the back-pressure. An item weighs its bytes, and no less than its share, so
// that small ones are streamWindow at most and large ones take no more memory.
const (
	streamWindow = 1024
	streamBytes  = 32 << 20
)

// weight may take the size that was found when the whole message was counted: nothing
// was changed since.
func weight(item *apiv1.StreamItem) int64 {
	size := proto.MarshalOptions{UseCachedSize: true}.Size(item)
	return int64(min(max(size, streamBytes/streamWindow), streamBytes))
}

// maxAcknowledgements is the most acknowledgements in one message.
const maxAcknowledgements = 256

// SubmitStream takes items for as long as the caller likes.
func (s *Service) SubmitStream(
	stream grpc.BidiStreamingServer[apiv1.SubmitStreamRequest, apiv1.SubmitStreamResponse],
) error {
	acknowledgements := make(chan *apiv1.Acknowledgement, streamWindow)
	sent := make(chan error, 1)
	go func() { sent <- sendAcknowledgements(stream, acknowledgements) }()

	err := s.receiveItems(stream, acknowledgements)
	close(acknowledgements)
	return errors.Join(err, <-sent)
}

// received is a message of the caller, or why there is none.
type received struct {
	request *apiv1.SubmitStreamRequest
	err     error
}

// receiveItems returns when the caller has ended its side or the server drains,
// and every item that was read is acknowledged.
func (s *Service) receiveItems(
	stream grpc.BidiStreamingServer[apiv1.SubmitStreamRequest, apiv1.SubmitStreamResponse],
	acknowledgements chan<- *apiv1.Acknowledgement,
) error {
	ctx := stream.Context()
	window := semaphore.NewWeighted(streamBytes)
	sequence := newSequence[recordKey]()
	var running sync.WaitGroup
	defer running.Wait()
	ended := make(chan struct{})
	defer close(ended)
	for messages := receive(stream, ended); ; {
		var got received
		select {
		case <-s.options.Draining:
			return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_DRAINING, retryAfter,
				"the server is stopping; open another stream in %s and send again what was not acknowledged", retryAfter)
		case got = <-messages:
		}
		if errors.Is(got.err, io.EOF) {
			return nil
		}
		if got.err != nil {
			return got.err
		}
		sequence.forget()
		for _, item := range got.request.GetItems() {
			weight := weight(item)
			if err := window.Acquire(ctx, weight); err != nil {
				return err
			}
			s.startItem(ctx, item, sequence, &running, func(result *apiv1.SubmitItemResult) {
				// A caller that does not read its acknowledgements is not read from
				// either.
				acknowledgements <- &apiv1.Acknowledgement{Sequence: item.GetSequence(), Result: result}
				window.Release(weight)
			})
		}
	}
}

// receive reads messages until one fails or the stream has ended.
func receive(
	stream grpc.BidiStreamingServer[apiv1.SubmitStreamRequest, apiv1.SubmitStreamResponse], ended <-chan struct{},
) <-chan received {
	messages := make(chan received)
	go func() {
		for {
			request, err := stream.Recv()
			select {
			case messages <- received{request, err}:
			case <-ended:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return messages
}

func (s *Service) startItem(
	ctx context.Context, item *apiv1.StreamItem, sequence *sequence[recordKey], running *sync.WaitGroup,
	acknowledge func(*apiv1.SubmitItemResult),
) {
	turn := sequence.next(recordKeys(item.GetParent(), item.GetItem()))
	running.Go(func() {
		defer turn.end()
		turn.await()
		acknowledge(s.acceptItem(ctx, item.GetParent(), func() (*candidate, error) { return streamCandidate(item) }))
	})
}

func streamCandidate(item *apiv1.StreamItem) (*candidate, error) {
	if item.GetItem() == nil {
		return nil, fault.Invalid(fault.Violation{Field: "item", Rule: "is required"})
	}
	if err := validation.Message(item); err != nil {
		return nil, err
	}
	return validCandidate(item.GetItem(), "item.")
}

// sendAcknowledgements groups those that are known by now into one message.
func sendAcknowledgements(
	stream grpc.BidiStreamingServer[apiv1.SubmitStreamRequest, apiv1.SubmitStreamResponse],
	acknowledgements <-chan *apiv1.Acknowledgement,
) error {
	var failed error
	for first := range acknowledgements {
		// One commit answers many items: those that were answered with it tell so first,
		// or each would go in a message of its own.
		runtime.Gosched()
		group := []*apiv1.Acknowledgement{first}
	gather:
		for len(group) < maxAcknowledgements {
			select {
			case next, ok := <-acknowledgements:
				if !ok {
					break gather
				}
				group = append(group, next)
			default:
				break gather
			}
		}
		if failed == nil { // Go on taking: the items behind must not wait for ever.
			failed = stream.Send(&apiv1.SubmitStreamResponse{Acknowledgements: group})
		}
	}
	return failed
}
