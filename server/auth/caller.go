package auth

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/resource"
)

// caller is who a token stands for.
type caller struct {
	name string
	role Role
	// merchants are the ids of the only merchants it may act for; empty is all.
	merchants []string
}

type callerKey struct{}

func with(ctx context.Context, who caller) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

// CheckMerchant returns FORBIDDEN if the caller of ctx may not act for the
// merchant. It fails for a context that did not pass a Guard.
func CheckMerchant(ctx context.Context, merchantID string) error {
	who, ok := ctx.Value(callerKey{}).(caller)
	if !ok {
		return unauthenticated("the call did not pass the guard")
	}
	return who.checkMerchant(merchantID)
}

func (c caller) checkMerchant(id string) error {
	if len(c.merchants) == 0 || slices.Contains(c.merchants, id) {
		return nil
	}
	if id == resource.Any {
		return forbidden("token %q is for %s only; name one of them instead of %q",
			c.name, c.mine(), resource.Merchant(resource.Any))
	}
	return forbidden("token %q is for %s only, not for merchant %q; use a token for that merchant",
		c.name, c.mine(), id)
}

// mine lists the merchants of the caller, shortened.
func (c caller) mine() string {
	const most = 5
	if len(c.merchants) == 1 {
		return "merchant " + c.merchants[0]
	}
	if len(c.merchants) > most {
		return "merchants " + strings.Join(c.merchants[:most], ", ") + " and others"
	}
	return "merchants " + strings.Join(c.merchants, ", ")
}

func unauthenticated(message string) error {
	return fault.New(codes.Unauthenticated, apiv1.ErrorReason_ERROR_REASON_UNAUTHENTICATED, "%s", message)
}

func forbidden(format string, args ...any) error {
	return fault.New(codes.PermissionDenied, apiv1.ErrorReason_ERROR_REASON_FORBIDDEN, format, args...)
}
