package intake

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/trace"
)

// Store is what intake needs of a store.
type Store interface {
	Accept(ctx context.Context, submission store.Submission) (store.Receipt, error)
	MerchantByID(ctx context.Context, id string) (store.Merchant, error)
	PlannedConnections(ctx context.Context, merchantKey int64) (int64, []store.Want, error)
	ConnectionByKey(ctx context.Context, key int64) (store.Connection, error)
	DeliveryByID(ctx context.Context, id store.DeliveryID) (store.Delivery, error)
}

// Options of a Service.
type Options struct {
	Store  Store
	Logger *slog.Logger
	// Authorize says whether the caller may submit for a merchant. Items of a
	// stream name their merchants one by one, so no interceptor can ask before.
	// Nil allows all.
	Authorize func(ctx context.Context, merchantID string) error
	// Draining is closed when the server is to stop: streams end then, for their
	// callers would never end them. Nil never drains.
	Draining <-chan struct{}
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

// Service is the IntakeService. Its methods may be called concurrently.
type Service struct {
	apiv1.UnimplementedIntakeServiceServer
	options Options
	plans   *plans
	shares  *shares
}

// New returns a service.
func New(options Options) *Service {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Authorize == nil {
		options.Authorize = func(context.Context, string) error { return nil }
	}
	return &Service{options: options, plans: newPlans(options.Store), shares: newShares(options.Now)}
}

// SubmitOrder takes one order.
func (s *Service) SubmitOrder(
	ctx context.Context, request *apiv1.SubmitOrderRequest,
) (*apiv1.SubmitOrderResponse, error) {
	candidate, err := orderCandidate(request.GetOrder(), "order", request.SourceVersion, request.GetRequestId())
	if err != nil {
		return nil, err
	}
	response, err := s.accept(ctx, request.GetParent(), candidate)
	if err != nil {
		return nil, err
	}
	return response.order(), nil
}

// SubmitTracking takes one shipment.
func (s *Service) SubmitTracking(
	ctx context.Context, request *apiv1.SubmitTrackingRequest,
) (*apiv1.SubmitTrackingResponse, error) {
	candidate, err := shipmentCandidate(
		request.GetShipment(), "shipment", request.SourceVersion, request.GetRequestId())
	if err != nil {
		return nil, err
	}
	response, err := s.accept(ctx, request.GetParent(), candidate)
	if err != nil {
		return nil, err
	}
	return response.tracking(), nil
}

// accept has the store keep a candidate. The plan it was accepted with is never
// older than the commit: if a connection was made or changed meanwhile, it is
// planned again.
func (s *Service) accept(ctx context.Context, parent string, candidate *candidate) (*accepted, error) {
	merchantID, err := resource.ParseMerchant(parent)
	if err != nil {
		return nil, fault.Invalid(fault.Violation{Field: "parent", Rule: err.Error()})
	}
	if err := s.options.Authorize(ctx, merchantID); err != nil {
		return nil, err
	}
	s.shares.submits(merchantID)
	for {
		plan, err := s.plans.of(ctx, merchantID)
		if err != nil {
			return nil, s.fault(ctx, merchantID, err)
		}
		candidate.findFacts(plan)
		submission := candidate.submission
		submission.MerchantKey = plan.merchantKey
		submission.ConfigVersion = plan.version
		submission.Wants = plan.wants
		submission.Now = s.options.Now()
		submission.Trace = trace.From(ctx)
		receipt, err := s.options.Store.Accept(ctx, submission)
		if errors.Is(err, store.ErrConfigChanged) && ctx.Err() == nil {
			s.plans.forget(merchantID)
			continue
		}
		if err != nil {
			return nil, s.fault(ctx, merchantID, err)
		}
		return &accepted{
			merchantID: merchantID, numbers: candidate.numbers, receipt: receipt,
			connectionID: func(made store.DeliveryRef) string { return s.connectionID(ctx, plan, made) },
		}, nil
	}
}

// connectionID names the connection of a delivery in a receipt. A replayed receipt
// may name one that is not in the plan any more, or deleted: its deliveries still
// know its id. It is empty if not even they exist any more.
func (s *Service) connectionID(ctx context.Context, plan *plan, made store.DeliveryRef) string {
	if id, ok := plan.connectionIDs[made.Connection]; ok {
		return id
	}
	delivery, err := s.options.Store.DeliveryByID(ctx, made.ID)
	if err != nil {
		return ""
	}
	return delivery.ConnectionID
}

// What a caller is told to wait when the store cannot take more: a commit takes
// milliseconds, and a backlog goes down no faster than extra interfaces take it.
const (
	retryAfter        = 2 * time.Second
	retryAfterBusy    = time.Second
	retryAfterBacklog = 30 * time.Second
)

func (s *Service) fault(ctx context.Context, merchantID string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return fault.New(codes.Canceled, apiv1.ErrorReason_ERROR_REASON_INTERNAL, "the caller went away")
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(codes.DeadlineExceeded, apiv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE,
			"the deadline passed before the commit was known; send the same again: a repeat changes nothing")
	case errors.Is(err, store.ErrNotFound):
		return fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_MERCHANT_NOT_FOUND,
			"merchant %q does not exist; create it with MerchantService.CreateMerchant", merchantID)
	case errors.Is(err, store.ErrRequestReused):
		return fault.New(codes.AlreadyExists, apiv1.ErrorReason_ERROR_REASON_REQUEST_ID_REUSED,
			"request_id: was used before with other content; use a new one for a new request")
	case errors.Is(err, store.ErrMerchantBacklog):
		return fault.Retry(codes.ResourceExhausted, apiv1.ErrorReason_ERROR_REASON_MERCHANT_BACKLOG_FULL,
			retryAfterBacklog, "merchant %q has as many deliveries waiting as it may have; nothing was changed, send "+
				"again in %s, and see with ListConnections which connection is paused or slow", merchantID, retryAfterBacklog)
	case errors.Is(err, store.ErrBacklog):
		return fault.Retry(codes.ResourceExhausted, apiv1.ErrorReason_ERROR_REASON_BACKLOG_FULL, retryAfterBacklog,
			"as many deliveries of all merchants wait as there may be; nothing was changed, send again in %s; "+
				"the operator can raise backlog_limit", retryAfterBacklog)
	case errors.Is(err, store.ErrBusy):
		return fault.Retry(codes.ResourceExhausted, apiv1.ErrorReason_ERROR_REASON_STORE_BUSY, retryAfterBusy,
			"more submissions arrive than are written; nothing was changed, send again in %s, fewer at a time",
			retryAfterBusy)
	case errors.Is(err, store.ErrFull):
		return fault.Retry(codes.ResourceExhausted, apiv1.ErrorReason_ERROR_REASON_BACKLOG_FULL, retryAfter,
			"the store has no room for more now; nothing was changed, send again in %s", retryAfter)
	case errors.Is(err, store.ErrClosed):
		return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_DRAINING, retryAfter,
			"the server is stopping; send again in %s", retryAfter)
	}
	s.options.Logger.ErrorContext(ctx, "submission not stored", "merchant", merchantID, "error", err)
	return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE, retryAfter,
		"the store cannot be written now; send again in %s, the server's log says why", retryAfter)
}
