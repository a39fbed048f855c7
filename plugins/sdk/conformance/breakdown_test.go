package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBreakdowns: an author sees once which call it was, what with and where, and the
// checks that failed for it only say so.
func TestBreakdowns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		vice string
		want Breakdown
		// frame is the function of the first frame.
		frame string
		// output is in the last line that the process wrote.
		output string
		// besides are checks that fail for something else too.
		besides []string
	}{
		{
			vice:  "panicker",
			want:  Breakdown{Kind: Panicked, Call: "ForwardTracking", Text: "no courier for 1Z"},
			frame: "main.(*forwarder).breakDown",
		},
		{
			vice:  "crasher",
			want:  Breakdown{Kind: Crashed, Call: "ForwardTracking", Text: "panic: no courier with [secret]"},
			frame: "main.(*forwarder).breakDown.func1", besides: []string{"secrets"}, // Nobody masks what the runtime writes.
		},
		{
			vice: "quitter",
			want: Breakdown{Kind: Exited, Call: "ForwardTracking", Text: "exit status 3"}, output: "quits",
		},
		{vice: "crash-loop", want: Breakdown{Kind: Crashed, Text: "panic: no luck today"}},
	} {
		t.Run(test.vice, func(t *testing.T) {
			t.Parallel()
			s, err := newSuite(rogue(t, test.vice), rogueHarness())
			if err != nil {
				t.Fatal(err)
			}
			s.many, s.patience = 100, 8*time.Second
			report, err := s.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Breakdowns) != 1 {
				t.Fatalf("breakdowns: %+v", report.Breakdowns)
			}
			is, want := report.Breakdowns[0], test.want
			if is.ID != "A" || is.Kind != want.Kind || is.Call != want.Call || !strings.HasPrefix(is.Text, want.Text) ||
				(test.output != "") != (len(is.Output) > 0) ||
				test.output != "" && !strings.Contains(is.Output[len(is.Output)-1], test.output) {
				t.Errorf("got %#v, want %#v", is, want)
			}
			if test.frame != "" && (len(is.Frames) == 0 || !strings.HasPrefix(is.Frames[0], test.frame+" ") ||
				!strings.Contains(is.Frames[0], "honest.go:")) {
				t.Errorf("frames are %q, want %s first", is.Frames, test.frame)
			}
			if strings.Contains(fmt.Sprint(is.Frames), "plugins/sdk.") {
				t.Errorf("the kit is in the frames: %q", is.Frames)
			}
			wantReferences(t, report, test.besides)
		})
	}
}

// wantReferences wants every failure to be a reference to the one breakdown, and both
// forms of the report to tell that once.
func wantReferences(t *testing.T, report Report, besides []string) {
	t.Helper()
	var failed []int
	for _, check := range report.Checks {
		switch {
		case check.Status == NotRun && !strings.HasSuffix(check.Reason, "see breakdown A"):
			t.Errorf("%s was not run: %s", check.Name, check.Reason)
		case check.Status != Failed || slices.Contains(besides, check.Name):
		case !slices.Equal(check.Breakdowns, []string{"A"}) || !slices.Equal(check.Faults, []string{"see breakdown A"}):
			t.Errorf("%s: %q, %q", check.Name, check.Breakdowns, check.Faults)
		default:
			failed = append(failed, check.Number)
		}
	}
	if len(failed) == 0 || !slices.Equal(failed, report.Breakdowns[0].Checks) {
		t.Errorf("failed for it: %v, want %v", report.Breakdowns[0].Checks, failed)
	}
	var text, object strings.Builder
	if report.WriteText(&text) != nil || report.WriteJSON(&object) != nil {
		t.Fatal("no report")
	}
	for _, form := range []string{text.String(), object.String()} {
		if strings.Count(form, report.Breakdowns[0].Text) != 1 || strings.Contains(form, "canary") {
			t.Errorf("the report is\n%s", form)
		}
	}
}

// TestBreakdownsApart: what was panicked with may name the record, where it was tells
// faults apart.
func TestBreakdownsApart(t *testing.T) {
	t.Parallel()
	var all breakdowns
	at := func(text string, frames ...string) Breakdown {
		return Breakdown{Kind: Panicked, Call: "CopyOrders", Text: text, Frames: frames}
	}
	for i, test := range []struct {
		met  []Breakdown
		want []string
	}{
		{[]Breakdown{at("A-1", "f")}, []string{"A"}},
		{[]Breakdown{at("A-2", "f")}, []string{"A"}},
		{[]Breakdown{at("A-1", "g"), at("A-3", "f")}, []string{"A", "B"}},
		{[]Breakdown{at("A-1")}, []string{"C"}},
		{[]Breakdown{at("A-2")}, []string{"D"}},
		{nil, nil},
	} {
		if ids := all.add(i+1, test.met); !slices.Equal(ids, test.want) {
			t.Errorf("%d: got %q, want %q", i, ids, test.want)
		}
	}
	for i := range 2 * mostBreakdowns {
		all.add(0, []Breakdown{at("many", fmt.Sprint(i))})
	}
	known := all.list()
	if len(known) != mostBreakdowns || known[0].Text != "A-1" || !slices.Equal(known[0].Checks, []int{1, 2, 3}) {
		t.Errorf("%d: %+v", len(known), known[0])
	}
	if id := known[mostBreakdowns-1].ID; id != "Z" {
		t.Errorf("the last is %s", id)
	}
}

// TestCrashOfMany: when two goroutines panic in the same moment, the runtime writes both
// stacks, and it is the same breakdown as of one.
func TestCrashOfMany(t *testing.T) {
	t.Parallel()
	one := []string{
		"panic: no courier", "", "goroutine 7 [running]:", "main.deliver.func1()", "\t/acme/main.go:7 +0x1",
		"created by main.deliver in goroutine 5", "\t/acme/main.go:6 +0x2", "",
	}
	want := crashed(one, "CopyOrders")
	if len(want.Frames) != 2 {
		t.Fatalf("frames of one are %q", want.Frames)
	}
	if is := crashed(slices.Concat(one, one), "CopyOrders"); !is.sameAs(want) || is.Text != want.Text {
		t.Errorf("got %+v, want %+v", is, want)
	}
}
