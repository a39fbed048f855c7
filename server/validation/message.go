package validation

import (
	"errors"
	"sync"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
)

var validator = sync.OnceValues(func() (protovalidate.Validator, error) { return protovalidate.New() })

// Message checks the rules in the message's proto file. The error is
// INVALID_ARGUMENT with every field and rule. It is safe for concurrent use.
func Message(m proto.Message) error {
	if certain(m) {
		return nil
	}
	v, err := validator()
	if err != nil {
		return broken(err)
	}
	err = v.Validate(m)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) {
		return broken(err)
	}
	violations := make([]fault.Violation, 0, len(invalid.Violations))
	of := m.ProtoReflect().Descriptor()
	for _, violation := range invalid.Violations {
		violations = append(violations, fault.Violation{Field: path(of, violation), Rule: rule(of, violation)})
	}
	return fault.Invalid(bounded(violations, "")...)
}

// broken reports rules that cannot be evaluated, which is a fault of the proto.
func broken(err error) error {
	return fault.New(codes.Internal, apiv1.ErrorReason_ERROR_REASON_INTERNAL,
		"the rules of this message cannot be checked: %v; report this as a bug", err)
}
