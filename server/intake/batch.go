package intake

import (
	"context"
	"sync"

	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/resource"
)

// SubmitBatch takes up to 500 items, each on its own.
func (s *Service) SubmitBatch(
	ctx context.Context, request *apiv1.SubmitBatchRequest,
) (*apiv1.SubmitBatchResponse, error) {
	results := make([]*apiv1.SubmitItemResult, len(request.GetItems()))
	sequence := newSequence[recordKey]()
	var running sync.WaitGroup
	for i, item := range request.GetItems() {
		turn := sequence.next(recordKeys(request.GetParent(), item))
		running.Go(func() {
			defer turn.end()
			turn.await()
			results[i] = s.acceptItem(ctx, request.GetParent(), func() (*candidate, error) { return itemCandidate(item) })
		})
	}
	running.Wait()
	return &apiv1.SubmitBatchResponse{Results: results}, nil
}

// acceptItem reads and accepts an item within its merchant's share.
func (s *Service) acceptItem(
	ctx context.Context, parent string, read func() (*candidate, error),
) *apiv1.SubmitItemResult {
	leave, err := s.enterShare(ctx, parent)
	if err != nil {
		return refused(err)
	}
	defer leave()
	candidate, err := read()
	if err != nil {
		return refused(err)
	}
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

// enterShare waits for the merchant's share. A caller who may not submit for the
// merchant takes nothing of it and is refused by what follows.
func (s *Service) enterShare(ctx context.Context, parent string) (leave func(), err error) {
	merchantID, may := s.maySubmit(ctx, parent)
	if !may {
		return func() {}, nil
	}
	if err := s.shares.enter(ctx, merchantID); err != nil {
		return nil, s.fault(ctx, merchantID, err)
	}
	return func() { s.shares.leave(merchantID) }, nil
}

func (s *Service) maySubmit(ctx context.Context, parent string) (merchantID string, may bool) {
	merchantID, err := resource.ParseMerchant(parent)
	return merchantID, err == nil && s.options.Authorize(ctx, merchantID) == nil
}

func refused(err error) *apiv1.SubmitItemResult {
	return &apiv1.SubmitItemResult{Status: status.Convert(err).Proto()}
}
