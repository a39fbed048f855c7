package pluginhost

import (
	"fmt"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// State is where a plugin's process is.
type State int

// The states of a plugin. STOPPED is the first and the last one.
//
//	STOPPED → STARTING → READY → DRAINING → STOPPED
//	             ↑  ↓      ↓
//	            BACKOFF / QUARANTINED
const (
	// Stopped: no process.
	Stopped State = iota
	// Starting: the process is being started and asked for its description.
	Starting
	// Ready: takes calls.
	Ready
	// Draining: finishes running calls, takes no new ones.
	Draining
	// Backoff: waits before the next start.
	Backoff
	// Quarantined: ended too often in too short a time, or was refused; starts
	// again only after a long wait.
	Quarantined
)

// String returns the name of the state, upper case.
func (s State) String() string {
	switch s {
	case Stopped:
		return "STOPPED"
	case Starting:
		return "STARTING"
	case Ready:
		return "READY"
	case Draining:
		return "DRAINING"
	case Backoff:
		return "BACKOFF"
	case Quarantined:
		return "QUARANTINED"
	default:
		return fmt.Sprintf("State(%d)", int(s))
	}
}

// Status is what is known of a plugin at one instant.
type Status struct {
	// Name of the plugin.
	Name string
	// State of its process.
	State State
	// Reason of the last change of state, for the operator.
	Reason string
	// Since is when the state was entered.
	Since time.Time
	// NextStart is when a process is started again by itself, zero unless in
	// Backoff or Quarantined.
	NextStart time.Time
	// PID of the process, 0 if there is none.
	PID int
	// Starts counts processes that were started since the host runs. It only
	// grows, as all counts here; none includes isolation processes.
	Starts int
	// Crashes counts processes that ended by themselves, were killed because
	// they hung, or did not become READY. A refusal that only the operator mends
	// is none.
	Crashes int
	// CrashesBy and IsolatedCrashesBy count Crashes and those of isolation processes
	// by their causes, those not 0. Shared: do not change them.
	CrashesBy, IsolatedCrashesBy map[CrashCause]int
	// StartTook is the time from exec to the description of the process that last
	// became READY.
	StartTook time.Duration
	// MemoryBytes is the resident memory of the process, 0 if there is none or the
	// system does not tell.
	MemoryBytes int64
	// SHA256 of the binary, hexadecimal; empty before it was first admitted.
	SHA256 string
	// Pinned says that a plugins.lock names the binary.
	Pinned bool
	// Upgrade is the last exchange of the binary in this run, zero if there was
	// none.
	Upgrade Upgrade
	// Description as last given by the plugin, nil before its first start.
	// Shared: do not change it.
	Description *pluginv1.Description
	// LastCrash is the end of what the last process that crashed had to say,
	// oldest line first; Host.CrashReports has more. Shared: do not change it.
	LastCrash []string
	// Isolation is the plugin's isolation process.
	Isolation IsolationStatus
	// Calls counts the calls that ended, those not 0, in a stable order.
	Calls []CallCount
}

// IsolationStatus is what is known of a plugin's isolation process.
type IsolationStatus struct {
	// Running says whether there is one now.
	Running bool
	// Starts counts those that were started.
	Starts int
	// Crashes counts those that ended by themselves or did not become ready.
	Crashes int
}
