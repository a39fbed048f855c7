package sdk

import (
	"log/slog"
	"slices"
	"sync"
)

// Env is what a plugin's instance has of the kit. It is a value; its copies
// share the state. All of it is safe for concurrent use.
type Env struct {
	// Logger writes to the host's log, with the connection as an attribute.
	Logger *slog.Logger
	// ConnectionUID names the connection.
	ConnectionUID string
	// MerchantID names the merchant.
	MerchantID string
	// AccountID is what CheckConnection last named; empty before.
	AccountID string
	// HTTP calls the extra interface over the connections of the process.
	HTTP *Client
	// Clock is that of Plugin; in an Env that is not the kit's, it may be nil.
	Clock Clock

	state  *connectionState
	masks  masker
	panics panics
	gates  *gates
	tokens *tokens
}

// State returns a copy of what is kept for the connection, such as a token.
// Replicas of the host share it, so it may change between calls.
func (e Env) State() []byte { return e.state.get() }

// SetState keeps up to 4 KiB, sealed, for the connection. It is stored with the
// next result of the connection; a second SetState before that replaces the
// first. More than 4 KiB is not kept, and logged. In an Env that is not the
// kit's, as in a unit test, and in checks and previews nothing is stored.
func (e Env) SetState(state []byte) {
	if len(state) > mostState {
		e.Logger.Error("connection state is too large and not kept", slog.Int("bytes", len(state)))
		return
	}
	e.state.set(state)
}

// mostState is the most bytes that the host keeps per scope.
const mostState = 4 << 10

// connectionState is the state of one connection over its generations.
type connectionState struct {
	mu sync.Mutex
	// value is what the plugin sees.
	value []byte
	// received is what the host sent last.
	received []byte
	// pending means that the value is still to be sent.
	pending bool
}

func (s *connectionState) get() []byte {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.value)
}

func (s *connectionState) set(value []byte) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.pending = slices.Clone(value), true
}

// receive takes what a call brought. A call that was under way when the plugin
// set a newer value brings the old one once more; it changes nothing.
func (s *connectionState) receive(value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Equal(value, s.received) {
		return
	}
	s.received = slices.Clone(value)
	if !s.pending {
		s.value = s.received
	}
}

// putBack makes that what was taken is sent again.
func (s *connectionState) putBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = true
}

// take returns what is to be sent, once. It is not nil if ok.
func (s *connectionState) take() (value []byte, ok bool) {
	if s == nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.pending {
		return nil, false
	}
	s.pending = false
	return append([]byte{}, s.value...), true
}
