package pluginhost

import "errors"

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

// errRefused marks faults of a plugin that another start does not mend: only
// the operator does. They lead to QUARANTINED without a crash being counted.
var errRefused = errors.New("refused")

// refusal is an error that matches errRefused and reads as its cause.
type refusal struct{ cause error }

func refuse(cause error) error { return &refusal{cause: cause} }

func (r *refusal) Error() string        { return r.cause.Error() }
func (r *refusal) Unwrap() error        { return r.cause }
func (r *refusal) Is(target error) bool { return target == errRefused }
