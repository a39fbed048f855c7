package conformance

import (
	"context"
)

func runChecks() []Check {
	return []Check{
		{
			Number: 30, Name: "results", needs: needsRun, run: checkResults,
			Demand: "every result of the whole run has an outcome of the contract, a stable reason unless it is DELIVERED, " +
				"a hint if somebody has to do something, and texts and state within the limits",
			Why: "they are what merchants, operators and dashboards get to see",
		},
		{
			Number: 31, Name: "log", needs: needsRun, run: checkLog,
			Demand: "the log of the whole run has lines of at most 64 KiB, text where readers of hclog expect text, " +
				"and no more than 1 MiB and 16 KiB a delivery",
			Why: "a flood hides what matters, and hosts of other makers have crashed on such lines",
		},
		{
			Number: 32, Name: "secrets", needs: needsRun, run: checkSecrets,
			Demand: "no secret of a connection is in a result, an answer, an error or the log of the whole run",
			Why:    "all of these are shown to people and kept for months",
		},
	}
}

func (t *trial) report(n *noted) error {
	for _, fault := range t.observed.noted(n) {
		t.fault("%s", fault)
	}
	return nil
}

func checkResults(_ context.Context, t *trial) error {
	t.observed.mu.Lock()
	results := t.observed.results
	t.observed.mu.Unlock()
	if results == 0 {
		return notClaimed("there was no result in the whole run")
	}
	return t.report(&t.observed.misformed)
}

func checkLog(_ context.Context, t *trial) error { return t.report(&t.observed.logs) }

func checkSecrets(_ context.Context, t *trial) error {
	t.observed.mu.Lock()
	canaries := len(t.observed.secrets)
	t.observed.mu.Unlock()
	if canaries == 0 {
		return notClaimed("no connection had a secret of eight characters or more")
	}
	return t.report(&t.observed.leaks)
}
