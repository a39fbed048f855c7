package pluginhost

import (
	"errors"
	"fmt"
	"strings"
)

// Errors of calls that callers branch on, with errors.Is. Any other error of a
// streaming call means that the stream ended early although the process lives:
// records without a result are UNKNOWN.
var (
	// ErrNotInstalled says that there is no plugin of that name.
	ErrNotInstalled = errors.New("plugin is not installed")
	// ErrUnavailable says that the plugin is not ready. Nothing was sent to it.
	// The text carries its state and the reason.
	ErrUnavailable = errors.New("plugin is not available")
	// ErrLost says that the process ended during the call. The fate of records
	// without a result is unknown. See LostError.
	ErrLost = errors.New("plugin process ended during the call")
	// ErrUnsupported says that the plugin does not implement the call.
	ErrUnsupported = errors.New("plugin does not support this call")
	// ErrContract says that the host ended the call because the plugin broke the
	// contract in it, with a flood of results for example. The process lives;
	// records without a result are UNKNOWN.
	ErrContract = errors.New("plugin breaks the contract")
)

// ErrRefused marks faults of a plugin that another start does not mend: only the
// operator does. They lead to QUARANTINED without a crash being counted, and are
// returned by Restart, Release, Upgrade and Reload.
var ErrRefused = errors.New("refused")

// ErrUnanswered is returned by the function given to OnChange when another version of a
// plugin did not answer what it was asked. Another try may go better.
var ErrUnanswered = errors.New("it does not answer")

// UnsuitableError is returned by the function given to OnChange when connections do
// not suit another version of their plugin.
type UnsuitableError struct{ Connections []Unsuitable }

// Unsuitable is a connection that does not suit another version of its plugin.
type Unsuitable struct {
	// Name of the connection.
	Name string
	// Faults of its settings, none of which shows a value.
	Faults []string
}

// Error names the first connections with their faults.
func (e *UnsuitableError) Error() string {
	const most = 5
	var texts []string
	for _, c := range e.Connections[:min(most, len(e.Connections))] {
		texts = append(texts, c.Name+": "+strings.Join(c.Faults, ", "))
	}
	if more := len(e.Connections) - most; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%d connections do not suit it: %s", len(e.Connections), strings.Join(texts, "; "))
}

// refusal is an error that matches ErrRefused and reads as its cause.
type refusal struct{ cause error }

func refuse(cause error) error { return &refusal{cause: cause} }

func (r *refusal) Error() string        { return r.cause.Error() }
func (r *refusal) Unwrap() error        { return r.cause }
func (r *refusal) Is(target error) bool { return target == ErrRefused }
