package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Check is one thing that every plugin does.
type Check struct {
	// Number never changes and is never used again.
	Number int
	// Name is a short one, with hyphens.
	Name string
	// Demand is what the plugin has to do.
	Demand string
	// Why is what goes wrong otherwise.
	Why string

	needs need
	run   func(ctx context.Context, t *trial) error
}

// need is what a check cannot do without.
type need int

const (
	// needsProgram: it starts the program, whatever becomes of that.
	needsProgram need = iota
	// needsStart: the plugin starts and describes itself.
	needsStart
	// needsRemote: the harness has a remote, too.
	needsRemote
	// needsRun: it judges what all others saw, after them.
	needsRun
)

// Checks returns all checks, by number.
func Checks() []Check {
	return slices.Concat(startChecks(), settingChecks(), deliveryChecks(), faultChecks(), loadChecks(), endChecks(),
		runChecks())
}

// notClaimed ends a check of something that the plugin does not claim, or that the
// harness gives no means to look at.
type notClaimed string

// Error says why.
func (n notClaimed) Error() string { return string(n) }

// trial is one check on its way. Only its own goroutine uses it.
type trial struct {
	*suite

	processes []*process
	remotes   []*remote
	faults    noted
	numbers   int
	// note is said of a check that passed.
	note string
	// met are the breakdowns of processes that did not start.
	met []Breakdown
}

// fault notes one and goes on.
func (t *trial) fault(format string, args ...any) { t.faults.add(format, args...) }

// refuse notes every line of an error, and goes on.
func (t *trial) refuse(where string, err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // To tell each by itself.
		for _, one := range joined.Unwrap() {
			t.refuse(where, one)
		}
		return
	}
	if err != nil {
		t.fault("%s: %v", where, err)
	}
}

// process starts one that ends with the check.
func (t *trial) process(ctx context.Context) (*process, error) { return t.launched(ctx, launch{}) }

func (t *trial) launched(ctx context.Context, l launch) (*process, error) {
	p, err := t.start(ctx, l)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return p, nil
}

// start starts a process that ends with the check.
func (t *trial) start(ctx context.Context, l launch) (*process, error) {
	p, err := t.suite.start(ctx, l)
	if err == nil {
		t.processes = append(t.processes, p)
		return p, nil
	}
	if p != nil {
		t.met = append(t.met, p.met()...)
	}
	return nil, err
}

// remote serves one that ends with the check.
func (t *trial) remote() *remote {
	r := newRemote(t.harness.Remote.New())
	t.remotes = append(t.remotes, r)
	return r
}

// finish ends what the check started.
func (t *trial) finish() {
	for _, r := range t.remotes {
		r.release()
	}
	for _, p := range t.processes {
		p.end()
		t.met = append(t.met, p.met()...)
	}
	for _, r := range t.remotes {
		r.close()
	}
}

// connection is a new one that works, at a remote if there is one.
func (t *trial) connection(r *remote) *pluginv1.Connection {
	t.numbers++
	c := &pluginv1.Connection{
		Uid: fmt.Sprintf("connection-%d", t.numbers), Generation: 1, MerchantId: "merchant-1",
		Settings: maps.Clone(t.settings), Secrets: maps.Clone(t.secrets),
	}
	if r != nil {
		c.Settings[t.harness.Remote.Setting] = r.url()
	}
	return c
}

// connectionsAt are several of the kind.
func (t *trial) connectionsAt(r *remote, count int) []*pluginv1.Connection {
	var all []*pluginv1.Connection
	for range count {
		all = append(all, t.connection(r))
	}
	return all
}

// batchOf delivers so many records in turn to the connections.
func (t *trial) batchOf(contract pluginv1.Contract, count int, connections ...*pluginv1.Connection) batch {
	b := batch{contract: contract, connections: connections}
	for n := range count {
		b.deliveries = append(b.deliveries, t.newDelivery(contract, connections[n%len(connections)]))
	}
	return b
}

// wantRecords notes a remote with more or fewer records.
func (t *trial) wantRecords(r *remote, want int, when string) {
	if have := len(r.standIn.Records()); have != want {
		t.fault("%s: the remote has %d records, want %d", when, have, want)
	}
}

// wantOutcome notes a result that is none of these. It takes no result at all for an
// error that was noted already.
func (t *trial) wantOutcome(when string, r *pluginv1.DeliveryResult, want ...pluginv1.Outcome) bool {
	if r == nil {
		return false
	}
	if slices.Contains(want, r.GetOutcome()) {
		return true
	}
	t.fault("%s: the outcome is %s (%.80s), want %s", when, short(r.GetOutcome()), r.GetReason(), shorts(want))
	return false
}

func short(o pluginv1.Outcome) string {
	const prefix = len("OUTCOME_")
	if name := o.String(); len(name) > prefix {
		return name[prefix:]
	}
	return o.String()
}

func shorts(outcomes []pluginv1.Outcome) string {
	text := ""
	for i, o := range outcomes {
		if i > 0 {
			text += " or "
		}
		text += short(o)
	}
	return text
}

// The outcomes by what they mean for the record.
var (
	arrived  = []pluginv1.Outcome{pluginv1.Outcome_OUTCOME_DELIVERED, pluginv1.Outcome_OUTCOME_ALREADY_PRESENT}
	rejected = pluginv1.Outcome_OUTCOME_REJECTED
	retry    = pluginv1.Outcome_OUTCOME_RETRY
	unknown  = pluginv1.Outcome_OUTCOME_UNKNOWN
	throttle = pluginv1.Outcome_OUTCOME_THROTTLED
	denied   = pluginv1.Outcome_OUTCOME_UNAUTHORIZED
)

// isNotClaimed says why, if that is what an error is.
func isNotClaimed(err error) (string, bool) {
	reason, ok := errors.AsType[notClaimed](err)
	return string(reason), ok
}
