package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"time"
)

// Runner runs cases.
type Runner struct {
	// Binaries is the folder with the programs.
	Binaries string
	// Dir is for what the programs keep and log. Where it lies decides what a
	// flush to disk costs.
	Dir    string
	Rounds int
	// Warmup is left out of what is measured, Window is measured.
	Warmup, Window time.Duration
	// CPUProfile is a file for the CPU profile of the server; empty is none. The
	// server is then a variant of the one that is shipped.
	CPUProfile string
	// Progress gets a line for each step.
	Progress io.Writer

	current *world
}

// Select returns the cases whose names match one of the patterns, as in
// "saturation-*"; the standard ones if there is no pattern.
func Select(patterns []string) ([]Case, error) {
	var selected []Case
	for _, c := range Cases() {
		wanted := len(patterns) == 0 && c.Standard
		for _, pattern := range patterns {
			matches, err := path.Match(pattern, c.Name)
			if err != nil {
				return nil, fmt.Errorf("case %q: %w", pattern, err)
			}
			wanted = wanted || matches
		}
		if wanted {
			selected = append(selected, c)
		}
	}
	if len(selected) == 0 {
		return nil, fmt.Errorf("no case is named %v; see -list", patterns)
	}
	return selected, nil
}

// Run measures the cases in turn and hands each result to done. A case that fails
// does not keep the others from running; its error is returned at the end.
func (r *Runner) Run(ctx context.Context, cases []Case, done func(Result)) error {
	var faults []error
	for _, c := range cases {
		result, err := r.runCase(ctx, c)
		if err == nil {
			done(result)
			continue
		}
		faults = append(faults, fmt.Errorf("case %s: %w", c.Name, err), r.closeWorld())
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(faults, r.closeWorld())...)
}

func (r *Runner) runCase(ctx context.Context, c Case) (Result, error) {
	result := Result{Case: c.Name, Table: c.Table, About: c.About}
	for round := range r.Rounds {
		r.tell("%s: round %d of %d", c.Name, round+1, r.Rounds)
		metrics, err := c.run(ctx, r)
		if err != nil {
			return result, err
		}
		result.Rounds = append(result.Rounds, metrics)
	}
	result.Metrics = median(result.Rounds)
	return result, nil
}

// world returns a world with the setup, the one of the last case if it has it.
func (r *Runner) world(ctx context.Context, s setup) (*world, error) {
	if r.current != nil && r.current.setup == s {
		return r.current, nil
	}
	if err := r.closeWorld(); err != nil {
		return nil, err
	}
	r.tell("making %d merchants with %d connections each", s.Merchants, s.Connections)
	opened, err := r.open(ctx, s)
	if err != nil {
		return nil, err
	}
	r.current = opened
	return opened, nil
}

func (r *Runner) closeWorld() error {
	if r.current == nil {
		return nil
	}
	closing := r.current
	r.current = nil
	return closing.close()
}

func (r *Runner) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Progress, format+"\n", args...)
}
