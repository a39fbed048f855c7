package sdk

import (
	"slices"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Outcome returns what became of the delivery; unspecified for the zero value.
func (r Result) Outcome() pluginv1.Outcome { return r.outcome }

// Reason returns the stable reason.
func (r Result) Reason() string { return r.reason }

// Hint returns what to do about it.
func (r Result) Hint() string { return r.hint }

// FixScope returns whose edit mends a rejection.
func (r Result) FixScope() pluginv1.FixScope { return r.fix }

// IsRecordOnly returns whether a retry is a matter of the record alone.
func (r Result) IsRecordOnly() bool { return r.alone }

// Delay returns how long to wait.
func (r Result) Delay() time.Duration { return r.delay }

// RemoteID returns the id at the extra interface.
func (r Result) RemoteID() string { return r.remoteID }

// RemoteURL returns the page for a human.
func (r Result) RemoteURL() string { return r.remoteURL }

// Differing returns a copy of the names of the differing facts.
func (r Result) Differing() []string { return slices.Clone(r.differing) }

// Exchange returns what was said with the extra interface, as it was given.
func (r Result) Exchange() Exchange { return r.exchange }

// State returns a copy of what to keep for the record, and whether to.
func (r Result) State() ([]byte, bool) { return slices.Clone(r.state), r.hasState }
