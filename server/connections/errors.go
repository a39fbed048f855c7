package connections

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/seal"
	"github.com/spurline/spurline/server/store"
)

// unreadable says that secrets do not open, and what mends it.
func unreadable(name string, err error) error {
	if !errors.Is(err, seal.ErrUnreadable) {
		return fault.New(codes.Internal, apiv1.ErrorReason_ERROR_REASON_INTERNAL,
			"the secrets of %s are damaged; set all of them again with UpdateConnection", name)
	}
	return fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_SECRET_UNREADABLE,
		"the secrets of %s cannot be opened with the configured keys; configure the key set they were sealed "+
			"with, or set all of them again with UpdateConnection", name)
}

// unsealed says that secrets could not be sealed. Nothing was stored.
func (s *Service) unsealed(ctx context.Context, c store.Connection, err error) error {
	s.options.Logger.ErrorContext(ctx, "secrets not sealed", "connection", nameOf(c), "error", err)
	return fault.New(codes.Internal, apiv1.ErrorReason_ERROR_REASON_INTERNAL,
		"the secrets of %s could not be sealed, so nothing was stored; the server's log says why", nameOf(c))
}

// wrongPlugin is the violation of an edit that names another plugin.
func wrongPlugin(stored string) fault.Violation {
	return fault.Violation{
		Field: "connection.plugin",
		Rule:  fmt.Sprintf("must stay %q or be left out: it never changes; create another connection instead", stored),
	}
}
