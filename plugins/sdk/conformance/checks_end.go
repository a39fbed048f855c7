package conformance

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"
)

func endChecks() []Check {
	return []Check{
		{
			Number: 27, Name: "sigterm", needs: needsStart, run: checkSigterm,
			Demand: "without deliveries under way it ends within 5 s of SIGTERM",
			Why:    "else it is killed, and whatever it kept open with it",
		},
		{
			Number: 28, Name: "stdin", needs: needsStart, run: checkStdin,
			Demand: "it ends within 5 s of the end of its stdin",
			Why:    "that is how it learns that the host is dead, however it died",
		},
		{
			Number: 29, Name: "nothing-left", needs: needsStart, run: checkNothingLeft,
			Demand: "no process that it started outlives it",
			Why:    "such a process holds memory, sockets and secrets for ever",
		},
	}
}

// used is a process that delivered something, if it can, and that is now to end.
func (t *trial) used(ctx context.Context) (*process, error) {
	p, err := t.process(ctx)
	if err != nil {
		return nil, err
	}
	defer p.ask()
	if t.harness.Remote == nil || len(t.contracts()) == 0 {
		return p, nil
	}
	contract, r := t.contracts()[0], t.remote()
	c := t.connection(r)
	// Other checks judge what came of it.
	_, _ = p.deliverOne(ctx, contract, c, t.newDelivery(contract, c).budget(shortBudget))
	return p, p.survived()
}

func checkSigterm(ctx context.Context, t *trial) error {
	p, err := t.used(ctx)
	if err != nil {
		return err
	}
	if err := syscall.Kill(p.pid(), syscall.SIGTERM); err != nil {
		return fmt.Errorf("send SIGTERM: %w", err)
	}
	if !p.exitsWithin(ctx, endWithin) {
		t.fault("it still runs %s after SIGTERM", endWithin)
	}
	return nil
}

func checkStdin(ctx context.Context, t *trial) error {
	p, err := t.used(ctx)
	if err != nil {
		return err
	}
	_ = p.stdin.Close()
	if !p.exitsWithin(ctx, endWithin) {
		t.fault("it still runs %s after the end of stdin", endWithin)
	}
	return nil
}

func checkNothingLeft(ctx context.Context, t *trial) error {
	p, err := t.used(ctx)
	if err != nil {
		return err
	}
	if !groupLives(p.pid()) {
		return notClaimed(fmt.Sprintf("on %s the suite cannot see the processes of a group", runtime.GOOS))
	}
	_ = p.stdin.Close()
	if !p.exitsWithin(ctx, endWithin) {
		_ = syscall.Kill(p.pid(), syscall.SIGKILL) // Only itself: how it ends is not the question here.
		<-p.exited
	}
	ctx, cancel := context.WithTimeout(ctx, endWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for groupLives(p.pid()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.fault("a process of its group still runs %s after its end", endWithin)
			return nil
		}
	}
	return nil
}
