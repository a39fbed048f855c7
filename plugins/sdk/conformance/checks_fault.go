package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func faultChecks() []Check {
	return []Check{
		{
			Number: 17, Name: "outcomes", needs: needsRemote, run: checkOutcomes,
			Demand: "a refusal of the remote has the outcome of its class: " + outcomeTable(),
			Why:    "the host reacts to the outcome alone: it retries, pauses or gives up by it",
		},
		{
			Number: 18, Name: "retry-after", needs: needsRemote, run: checkRetryAfter,
			Demand: "429 with Retry-After, in seconds or as a date, is THROTTLED for that long",
			Why:    "an account that is called again too early is blocked for longer",
		},
		{
			Number: 19, Name: "lost-answers", needs: needsRemote, run: checkLostAnswers,
			Demand: "what never left is RETRY; what left and has no answer is UNKNOWN; " +
				"a success that cannot be read is neither RETRY nor REJECTED",
			Why: "a RETRY is repeated without being announced as one that may have arrived",
		},
		{
			Number: 20, Name: "time-budget", needs: needsRemote, run: checkTimeBudget,
			Demand: "without time left nothing is written; a call whose remote hangs ends with its budget, " +
				"and no write begins after it",
			Why: "the host counts on it before it sends the record elsewhere or again",
		},
		{
			Number: 21, Name: "cancel", needs: needsRemote, run: checkCancel,
			Demand: "a call that the host ends in the middle leaves the process fit for the next one",
			Why:    "the host ends calls when it stops or when their time is over",
		},
	}
}

// row is a refusal and the outcomes that fit it.
type row struct {
	status int
	want   []pluginv1.Outcome
}

func rows() []row {
	present := pluginv1.Outcome_OUTCOME_ALREADY_PRESENT
	return []row{
		{http.StatusBadRequest, []pluginv1.Outcome{rejected}},
		{http.StatusUnauthorized, []pluginv1.Outcome{denied}},
		{http.StatusForbidden, []pluginv1.Outcome{denied, rejected}},
		{http.StatusNotFound, []pluginv1.Outcome{rejected, retry, denied}},
		{http.StatusConflict, []pluginv1.Outcome{rejected, retry, present}},
		{http.StatusRequestEntityTooLarge, []pluginv1.Outcome{rejected}},
		{http.StatusUnprocessableEntity, []pluginv1.Outcome{rejected}},
		{http.StatusTooManyRequests, []pluginv1.Outcome{throttle}},
		{http.StatusInternalServerError, []pluginv1.Outcome{retry, unknown}},
		{http.StatusBadGateway, []pluginv1.Outcome{retry, unknown}},
		{http.StatusServiceUnavailable, []pluginv1.Outcome{retry, unknown, throttle}},
		{http.StatusGatewayTimeout, []pluginv1.Outcome{retry, unknown}},
	}
}

func outcomeTable() string {
	var parts []string
	for _, r := range rows() {
		parts = append(parts, fmt.Sprintf("%d %s", r.status, shorts(r.want)))
	}
	return strings.Join(parts, ", ")
}

// afresh delivers one record with a process, a remote and an account that nothing
// happened to before.
func (t *trial) afresh(
	ctx context.Context, when string, contract pluginv1.Contract, f fault, budget time.Duration,
) (*pluginv1.DeliveryResult, error) {
	p, err := t.process(ctx)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	r := t.remote()
	defer r.release()
	r.script(f)
	c := t.connection(r)
	result, err := p.deliverOne(ctx, contract, c, t.newDelivery(contract, c).budget(budget))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", when, err)
	}
	if len(r.requests()) == 0 {
		return nil, fmt.Errorf("%s: %s, and nothing reached the remote", when, short(result.GetOutcome()))
	}
	return result, nil
}

func checkOutcomes(ctx context.Context, t *trial) error {
	contract := t.contracts()[0]
	for _, want := range rows() {
		when := strconv.Itoa(want.status)
		if other, ok := t.harness.Outcomes[want.status]; ok {
			want.want = []pluginv1.Outcome{other}
			t.note += fmt.Sprintf("; %d %s", want.status, short(other))
		}
		result, err := t.afresh(ctx, when, contract, fault{kind: refuse, status: want.status}, t.patience)
		if err != nil {
			return err
		}
		t.wantOutcome(when, result, want.want...)
	}
	if t.note != "" {
		t.note = "as the harness has it: " + strings.TrimPrefix(t.note, "; ")
	}
	return nil
}

func checkRetryAfter(ctx context.Context, t *trial) error {
	contract := t.contracts()[0]
	const wait = 90 * time.Second
	begun := time.Now()
	for form, value := range map[string]func() string{
		"seconds": func() string { return seconds(wait) },
		"a date":  func() string { return time.Now().Add(wait).UTC().Format(http.TimeFormat) },
	} {
		when := "429 with Retry-After as " + form
		result, err := t.afresh(ctx, when, contract,
			fault{kind: refuse, status: http.StatusTooManyRequests, retryAfter: value()}, t.patience)
		if err != nil {
			return err
		}
		if !t.wantOutcome(when, result, throttle) {
			continue
		}
		// A date was written before the answer came, and has whole seconds.
		least := wait - time.Since(begun) - time.Second
		if delay := result.GetDelay().AsDuration(); delay < least || delay > 2*wait {
			t.fault("%s of %s: the delay is %s", when, wait, delay)
		}
	}
	return nil
}

func checkLostAnswers(ctx context.Context, t *trial) error {
	contract := t.contracts()[0]
	lost := []pluginv1.Outcome{unknown}
	if t.description.GetIdempotency() == pluginv1.Idempotency_IDEMPOTENCY_KEYED {
		lost = append(lost, retry) // The remote tells a repeat by itself.
	}
	for _, test := range []struct {
		when   string
		fault  fault
		budget time.Duration
		want   []pluginv1.Outcome
	}{
		{"the connection is reset", fault{kind: reset}, t.patience, lost},
		{"the answer never comes", fault{kind: lose}, shortBudget, lost},
		{"the answer is a success that is not JSON", fault{kind: garble}, t.patience, append(arrived, unknown)},
	} {
		result, err := t.afresh(ctx, test.when, contract, test.fault, test.budget)
		if err != nil {
			return err
		}
		t.wantOutcome(test.when, result, test.want...)
	}
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	away, err := nobody()
	if err != nil {
		return err
	}
	r := t.remote()
	for when, url := range map[string]string{
		"nobody listens":             away,
		"the remote does not do TLS": strings.Replace(r.url(), "http://", "https://", 1),
	} {
		c := t.connection(r)
		c.Settings[t.harness.Remote.Setting] = url
		result, err := p.deliverOne(ctx, contract, c, t.newDelivery(contract, c))
		if err != nil {
			return fmt.Errorf("%s: %w", when, err)
		}
		want := []pluginv1.Outcome{retry}
		if strings.HasPrefix(url, "https") {
			want = append(want, rejected)
		}
		t.wantOutcome(when, result, want...)
	}
	return p.survived()
}

func checkTimeBudget(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	contract := t.contracts()[0]
	idle := t.remote()
	c := t.connection(idle)
	result, err := p.deliverOne(ctx, contract, c, t.newDelivery(contract, c).budget(time.Nanosecond))
	if err != nil {
		return fmt.Errorf("no time left: %w", err)
	}
	t.wantOutcome("no time left", result, retry)
	if writes := len(idle.writes()); writes > 0 {
		t.fault("no time left: %d writes", writes)
	}
	return t.checkHangingRemote(ctx, p, contract)
}

// checkHangingRemote sends more than the plugin sends at once to a remote that never
// answers.
func (t *trial) checkHangingRemote(ctx context.Context, p *process, contract pluginv1.Contract) error {
	// Generous, as the machine may be busy and the budget counts from the receipt.
	const grace = 3 * time.Second
	r := t.remote()
	r.script(fault{kind: hang})
	c := t.connection(r)
	b := t.batchOf(contract, t.batchSize(), c)
	for _, d := range b.deliveries {
		d.budget(shortBudget)
	}
	begun := time.Now()
	results, err := p.deliver(ctx, b)
	t.refuse("the remote hangs", err)
	if took := time.Since(begun); err == nil && took > shortBudget+grace {
		t.fault("the remote hangs: the call took %s with a budget of %s", took.Round(time.Millisecond), shortBudget)
	}
	unsent := 0
	for _, result := range results {
		t.wantOutcome("the remote hangs", result, unknown, retry)
		if result.GetOutcome() == retry {
			unsent++
		}
	}
	// What hangs did not take effect, but no client can know that.
	if writes := len(r.writes()); err == nil && writes+unsent > len(b.deliveries) &&
		t.description.GetIdempotency() != pluginv1.Idempotency_IDEMPOTENCY_KEYED {
		t.fault("the remote hangs: %d of %d records were sent, and %d are RETRY as if they were not",
			writes, len(b.deliveries), unsent)
	}
	late := slices.IndexFunc(r.writes(), func(q request) bool { return q.at.After(begun.Add(shortBudget + grace)) })
	if late >= 0 {
		t.fault("the remote hangs: a write began after the budget")
	}
	return p.survived()
}

func checkCancel(ctx context.Context, t *trial) error {
	p, err := t.process(ctx)
	if err != nil {
		return err
	}
	for _, contract := range t.contracts() {
		r := t.remote()
		r.script(fault{kind: hang})
		b := t.batchOf(contract, t.batchSize(), t.connectionsAt(r, 3)...)
		calling, cancel := t.within(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = p.send(calling, b)
		}()
		if !p.awaitWrites(calling, r, 1) {
			t.fault("%s: nothing reached the remote", contract)
		}
		cancel()
		<-ended
		well := t.remote()
		c := t.connection(well)
		result, err := p.deliverOne(ctx, contract, c, t.newDelivery(contract, c))
		t.refuse("the next call", err)
		t.wantOutcome("the next call", result, arrived...)
		r.release()
	}
	return p.survived()
}
