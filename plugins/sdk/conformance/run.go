package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// together is how many checks run at the same time: they mostly wait.
const together = 6

// Run runs all checks over the program. Its error says that the checks could not be
// run: there is no such program, the harness does not fit the plugin, or the context
// ended. That a plugin does not conform is in the report.
//
// The program is started many times, with stand-ins on loopback ports.
func Run(ctx context.Context, binary string, harness Harness) (Report, error) {
	s, err := newSuite(binary, harness)
	if err != nil {
		return Report{}, err
	}
	return s.run(ctx)
}

func newSuite(binary string, harness Harness) (*suite, error) {
	path, err := filepath.Abs(binary)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", binary, err)
	}
	s := &suite{
		binary: path, name: strings.TrimPrefix(filepath.Base(path), pluginv1.BinaryPrefix), harness: harness,
		patience: patience, startWithin: startWithin, many: manyDeliveries,
		tracking: harness.Tracking, orders: harness.Orders,
	}
	if len(s.tracking) == 0 {
		s.tracking = defaultTracking()
	}
	if len(s.orders) == 0 {
		s.orders = defaultOrders()
	}
	return s, nil
}

func (s *suite) run(ctx context.Context) (_ Report, err error) {
	if s.dir, err = os.MkdirTemp("", "spurline-check-"); err != nil {
		return Report{}, fmt.Errorf("make a directory for the processes: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.dir)) }()
	trouble, reference := s.learn(ctx)
	if ctx.Err() != nil {
		return Report{}, context.Cause(ctx)
	}
	if trouble == "" {
		if err := s.harness.validate(s.description); err != nil {
			return Report{}, fmt.Errorf("the harness does not fit the plugin: %w", err)
		}
		s.settings, s.secrets = s.harness.settings(s.description)
	}
	report := Report{
		Suite: Version, Program: s.binary, Plugin: s.name, PluginVersion: s.description.GetVersion(),
		Remote: s.harness.Remote != nil,
	}
	checks := Checks()
	results := make([]Result, len(checks))
	var running sync.WaitGroup
	free := make(chan struct{}, together)
	for i, check := range checks {
		if check.needs == needsRun {
			continue
		}
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			results[i] = s.try(ctx, check, reference)
		})
	}
	running.Wait()
	for i, check := range checks {
		if check.needs == needsRun {
			results[i] = s.try(ctx, check, reference)
		}
	}
	if ctx.Err() != nil {
		return Report{}, context.Cause(ctx)
	}
	report.Checks, report.Breakdowns = results, s.breakdowns.list()
	if len(report.Breakdowns) == 0 {
		report.Trouble = trouble
	}
	return report, nil
}

// try runs one check, unless something it needs is not there.
func (s *suite) try(ctx context.Context, check Check, trouble string) Result {
	result := Result{Number: check.Number, Name: check.Name, Demand: check.Demand, Why: check.Why}
	switch {
	case check.needs == needsProgram:
	case trouble != "":
		result.Status, result.Reason = NotRun, "the plugin does not start: "+trouble
		return result
	case check.needs == needsRemote && s.harness.Remote == nil:
		result.Status, result.Reason = NotClaimed, noRemote
		return result
	case check.needs == needsRemote && len(s.contracts()) == 0:
		result.Status, result.Reason = NotRun, "the description has no contract that this suite knows"
		return result
	}
	begun := time.Now()
	t := &trial{suite: s}
	err := check.run(ctx, t)
	t.finish()
	result.Seconds = time.Since(begun).Seconds()
	if reason, ok := isNotClaimed(err); ok && len(t.faults.faults) == 0 {
		result.Status, result.Reason = NotClaimed, reason
		return result
	}
	if err != nil {
		t.fault("%v", err)
	}
	result.Status, result.Faults, result.Reason = Passed, t.faults.list(), t.note
	if len(result.Faults) == 0 {
		s.breakdowns.add(0, t.met)
		return result
	}
	result.Status = Failed
	if result.Breakdowns = s.breakdowns.add(check.Number, t.met); len(result.Breakdowns) > 0 {
		// What else is wrong follows from it, or shows once it is mended.
		result.Faults = []string{see(result.Breakdowns)}
	}
	return result
}

const noRemote = "no remote in the harness"
