package store

import (
	"errors"
	"fmt"
)

// Errors that callers branch on. Every other error of a Store means that the
// engine itself failed.
var (
	// ErrNotFound says that the named record does not exist.
	ErrNotFound = errors.New("not found")
	// ErrExists says that a record of that id exists already.
	ErrExists = errors.New("exists already")
	// ErrVersion says that the record changed since it was read.
	ErrVersion = errors.New("changed since it was read")
	// ErrInUse says that something that depends on the record must go first.
	ErrInUse = errors.New("still in use")
	// ErrHasRecords is the ErrInUse of a merchant that has orders or tracking records.
	ErrHasRecords = fmt.Errorf("%w by orders or tracking records", ErrInUse)
	// ErrConfigChanged says that the merchant's connections changed since the
	// submission was planned: plan again.
	ErrConfigChanged = errors.New("connections of the merchant changed")
	// ErrRequestReused says that the request id was used with other content.
	ErrRequestReused = errors.New("request id used before with other content")
	// ErrWrongState says that the delivery's state does not allow the change.
	ErrWrongState = errors.New("state of the delivery does not allow this")
	// ErrFull says that the engine has no room for another submission now.
	ErrFull = errors.New("store is full")
	// ErrMerchantBacklog says that as many deliveries of the merchant are open as it
	// may have. What makes none is still accepted.
	ErrMerchantBacklog = errors.New("too many open deliveries of the merchant")
	// ErrBacklog says the same of the deliveries of all merchants.
	ErrBacklog = errors.New("too many open deliveries")
	// ErrBusy says that too many submissions wait for their commit.
	ErrBusy = errors.New("too many submissions wait")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store is closed")
	// ErrLocked says that another process has the store open.
	ErrLocked = errors.New("another process has the store open")
)
