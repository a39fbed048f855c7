package demo

import (
	"context"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/resource"
)

// panicked is the reason that the kit gives of a delivery on which the plugin panicked.
// Its hint has what with, and where.
const panicked = "PLUGIN_PANIC"

// Reasons of a send that the plugin did not answer at all, and of one without a result.
const (
	unanswered = "NO_ANSWER_IN_TIME"
	resultless = "RESULT_MISSING"
)

// endsTrial says that sending again would show nothing else: the plugin's author has to
// mend it first.
func endsTrial(reason string) bool {
	return reason == panicked || reason == unanswered || reason == resultless
}

// brokeDown notes that a send ended as the plugin broke down. Over says that nothing else
// is to be learnt from sending it again. A record of a process that ended is tried alone
// by the server until it is known whether it was that record, which takes a moment only.
func (t *trial) brokeDown(ctx context.Context, a *apiv1.Attempt) (over bool, err error) {
	switch {
	case a.GetReason() == panicked:
		t.broken = ", as the plugin panicked: mend that and try again"
		return true, nil
	case a.GetReason() == unanswered:
		// Others would take as long.
		t.broken, t.hangs = ", as the plugin did not answer in time: mend that and try again", true
		return true, nil
	case a.GetReason() == resultless:
		t.broken = ", as the plugin gave no result: mend that and try again"
		return true, nil
	case a.GetOutcome() == apiv1.AttemptOutcome_ATTEMPT_OUTCOME_PLUGIN_LOST:
		t.broken = ", as the plugin's process ended: mend that and try again"
		return false, t.showCrash(ctx)
	}
	return false, nil
}

// mostCrashLines of what a process wrote last are shown.
const mostCrashLines = 20

// showCrash prints how a process ended, once.
func (t *trial) showCrash(ctx context.Context) (err error) {
	if !t.crashTold { // What is not known yet is told with the next send.
		t.crashTold, err = ShowCrash(ctx, t.TryOptions)
	}
	return err
}

// ShowCrash prints how the last process of the plugin ended that crashed, and what it wrote
// last. It says whether there was one.
func ShowCrash(ctx context.Context, options TryOptions) (shown bool, err error) {
	told, err := apiv1.NewPluginServiceClient(options.Client).ListCrashReports(ctx, &apiv1.ListCrashReportsRequest{
		Name: resource.Plugin(options.Plugin),
	})
	if err != nil || len(told.GetCrashReports()) == 0 {
		return false, err
	}
	t := &trial{TryOptions: options}
	crash := told.GetCrashReports()[0]
	t.printf("\nthe plugin's process crashed: %s\n", crash.GetEnding())
	for _, line := range lines(crash.GetTail()) {
		t.printf("  %s\n", line)
	}
	return true, nil
}

// lines are the first of a panic, or else the last ones.
func lines(tail []string) []string {
	if len(tail) > 0 && (strings.HasPrefix(tail[0], "panic: ") || strings.HasPrefix(tail[0], "fatal error: ")) {
		return tail[:min(len(tail), mostCrashLines)]
	}
	return tail[max(len(tail)-mostCrashLines, 0):]
}

// short is a text of a send. That of a process that ended repeats what the process wrote.
func (t *trial) short(a *apiv1.Attempt, text string) string {
	if a.GetOutcome() != apiv1.AttemptOutcome_ATTEMPT_OUTCOME_PLUGIN_LOST || !t.crashTold {
		return text
	}
	first, _, more := strings.Cut(text, "\n")
	if more {
		return first + " …)"
	}
	return first
}
