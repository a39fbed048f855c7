package lookup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
)

// retryAfter is what a caller is told to wait when the store fails.
const retryAfter = 2 * time.Second

// Failed turns an error of the store that no service expects into one of the
// API. What failed is for the operator: it is logged, not told.
func (f *Finder) Failed(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return fault.New(codes.Canceled, apiv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE, "the caller went away")
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(codes.DeadlineExceeded, apiv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE,
			"the deadline passed before the store answered; ask again with a later one")
	case errors.Is(err, store.ErrClosed):
		return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_DRAINING, retryAfter,
			"the server is stopping; send again in %s", retryAfter)
	}
	f.log.ErrorContext(ctx, "store failed a call", "error", err)
	return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE, retryAfter,
		"the store cannot be used now; send again in %s, the server's log says why", retryAfter)
}

// Etag returns the etag of a version of the record with that key.
func Etag(key, version int64) string { return fmt.Sprintf("%x-%x", key, version) }

// StaleEtag says that a resource changed since the caller read it.
func StaleEtag(name string) error {
	return fault.New(codes.Aborted, apiv1.ErrorReason_ERROR_REASON_ETAG_MISMATCH,
		"%s changed since it was read: etag is not the stored one; read it again and repeat the edit", name)
}
