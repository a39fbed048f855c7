package intake

import (
	"context"
	"sync"

	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// SubmitBatch takes up to 500 items, each on its own.
func (s *Service) SubmitBatch(
	ctx context.Context, request *apiv1.SubmitBatchRequest,
) (*apiv1.SubmitBatchResponse, error) {
	results := make([]*apiv1.SubmitItemResult, len(request.GetItems()))
	sequence := newSequence()
	var running sync.WaitGroup
	for i, item := range request.GetItems() {
		candidate, err := itemCandidate(item)
		if err != nil {
			results[i] = refused(err)
			continue
		}
		turn := sequence.next(candidate.keys())
		running.Go(func() {
			defer turn.end()
			turn.await()
			results[i] = s.acceptItem(ctx, request.GetParent(), candidate)
		})
	}
	running.Wait()
	return &apiv1.SubmitBatchResponse{Results: results}, nil
}

func (s *Service) acceptItem(ctx context.Context, parent string, candidate *candidate) *apiv1.SubmitItemResult {
	accepted, err := s.accept(ctx, parent, candidate)
	if err != nil {
		return refused(err)
	}
	result := &apiv1.SubmitItemResult{Status: status.New(0, "").Proto()}
	if candidate.submission.Order != nil {
		result.Response = &apiv1.SubmitItemResult_Order{Order: accepted.order()}
	} else {
		result.Response = &apiv1.SubmitItemResult_Shipment{Shipment: accepted.tracking()}
	}
	return result
}

func refused(err error) *apiv1.SubmitItemResult {
	return &apiv1.SubmitItemResult{Status: status.Convert(err).Proto()}
}
