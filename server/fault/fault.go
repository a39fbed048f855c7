// Package fault makes the errors that leave the API: a canonical code, one
// sentence that says what, where and what to do, and details that programs can
// read. The reasons are those of spurline.api.v1.ErrorReason.
//
//	return fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_MERCHANT_NOT_FOUND,
//		`merchant "acme" does not exist; create it with MerchantService.CreateMerchant`)
package fault

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// Domain is the domain of every ErrorInfo.
const Domain = "spurline"

// Reason returns the text of a reason as ErrorInfo carries it.
func Reason(reason apiv1.ErrorReason) string {
	return strings.TrimPrefix(reason.String(), "ERROR_REASON_")
}

// New returns a status error with an ErrorInfo. The message must not carry a
// secret or customer data.
func New(code codes.Code, reason apiv1.ErrorReason, format string, args ...any) error {
	return build(code, reason, fmt.Sprintf(format, args...))
}

// Retry returns a status error that also tells the caller how long to wait.
func Retry(code codes.Code, reason apiv1.ErrorReason, after time.Duration, format string, args ...any) error {
	return build(code, reason, fmt.Sprintf(format, args...),
		&errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
}

// Violation says which field breaks which rule.
type Violation struct {
	// Field is the path of the field in the request, for example
	// "order.line_items[3].quantity".
	Field string
	// Rule says what the value must be, never what it is.
	Rule string
}

// Invalid returns INVALID_ARGUMENT that names every field and rule.
func Invalid(violations ...Violation) error {
	detail := &errdetails.BadRequest{}
	texts := make([]string, 0, len(violations))
	for _, v := range violations {
		detail.FieldViolations = append(detail.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field:       v.Field,
			Description: v.Rule,
			Reason:      Reason(apiv1.ErrorReason_ERROR_REASON_INVALID_FIELD),
		})
		texts = append(texts, v.Field+": "+v.Rule)
	}
	const most = 5
	if len(texts) > most {
		texts = append(texts[:most], fmt.Sprintf("and %d more", len(violations)-most))
	}
	return build(codes.InvalidArgument, apiv1.ErrorReason_ERROR_REASON_INVALID_FIELD,
		strings.Join(texts, "; "), detail)
}

// Subject says what a precondition was not met by, and how.
type Subject struct {
	// Name of the resource.
	Name string
	// Faults that it has, without a value.
	Faults string
}

// Precondition returns FAILED_PRECONDITION that names every subject.
func Precondition(reason apiv1.ErrorReason, subjects []Subject, format string, args ...any) error {
	detail := &errdetails.PreconditionFailure{}
	for _, s := range subjects {
		detail.Violations = append(detail.Violations, &errdetails.PreconditionFailure_Violation{
			Type: Reason(reason), Subject: s.Name, Description: s.Faults,
		})
	}
	return build(codes.FailedPrecondition, reason, fmt.Sprintf(format, args...), detail)
}

func build(code codes.Code, reason apiv1.ErrorReason, message string, details ...protoadapt.MessageV1) error {
	info := &errdetails.ErrorInfo{Reason: Reason(reason), Domain: Domain}
	bare := status.New(code, message)
	full, err := bare.WithDetails(append([]protoadapt.MessageV1{info}, details...)...)
	if err != nil {
		return bare.Err() // Only code OK cannot carry details.
	}
	return full.Err()
}
