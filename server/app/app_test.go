package app

import (
	"context"
	"errors"
	"testing"
)

// brokenStore is a store that has failed.
type brokenStore struct {
	failed chan error
	closed bool
}

func (s *brokenStore) Failed() <-chan error { return s.failed }

func (s *brokenStore) Close() error {
	s.closed = true
	return nil
}

// TestStoreThatFails ends the server with its error, and nothing waits for it any
// more: its writers get ErrClosed.
func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk gone")
	kept := &brokenStore{failed: make(chan error, 1)}
	kept.failed <- cause
	serving, end := context.WithCancelCause(t.Context())
	err := attendStore(kept, make(chan struct{}), end)
	if !errors.Is(err, cause) || !errors.Is(context.Cause(serving), cause) || !kept.closed {
		t.Errorf("got %v, cause %v, closed %t", err, context.Cause(serving), kept.closed)
	}
}

func TestStoreThatHolds(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	close(over)
	if err := attendStore(&brokenStore{}, over, nil); err != nil {
		t.Errorf("got %v", err)
	}
}
