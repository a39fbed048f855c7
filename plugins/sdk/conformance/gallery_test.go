package conformance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// rogues is the program of the rogues' gallery, built once for all tests.
var rogues string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "spurline-rogues-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	rogues = filepath.Join(dir, "rogues")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", rogues, "./rogues")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build rogues: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// rogue returns the program of one of them.
func rogue(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), pluginv1.BinaryPrefix+name)
	if err := os.Symlink(rogues, path); err != nil {
		t.Fatal(err)
	}
	return path
}

func rogueHarness() Harness {
	return Harness{
		Secrets: map[string]string{"api_key": "canary-4711-rogue"},
		Remote:  &Remote{Setting: "base_url", New: Canned{KeyHeader: "Idempotency-Key"}.New},
	}
}

// Every rogue fails the checks of its vice and no other, and the honest plugin that
// all of them are otherwise fails none.
func TestGallery(t *testing.T) {
	t.Parallel()
	delivering := []string{
		"faulty-delivery", "isolation", "deliver-one", "repeat", "revision", "batch", "slow-record", "outcomes",
		"retry-after", "lost-answers", "time-budget", "cancel", "concurrency", "kill", "large-call", "later-host", "flat",
	}
	for _, test := range []struct {
		vice string
		want []string
		// dead says that it never starts, so that the other checks are not run.
		dead bool
		// patience that does for the vice; the rest get more.
		patience, start time.Duration
	}{
		{vice: "honest"},
		{vice: "crash-loop", want: []string{"handshake"}, dead: true},
		{vice: "slow-start", want: []string{"handshake"}, dead: true, start: 3 * time.Second},
		{vice: "noisy-stdout", want: []string{"handshake"}, dead: true},
		{vice: "silent", want: []string{"by-hand"}},
		{vice: "fickle", want: []string{"describe"}},
		{vice: "meddler", want: []string{"check-connection"}},
		{vice: "mixer", want: []string{"isolation", "time-budget", "cancel"}, patience: 8 * time.Second},
		{vice: "slovenly", want: []string{"results"}},
		{vice: "blabber", want: []string{"secrets"}},
		{vice: "hang", want: delivering, patience: 3 * time.Second},
		{vice: "log-flood", want: []string{"log"}},
		{vice: "hostile-log", want: []string{"log"}},
		{vice: "giant-reply", want: delivering, patience: 8 * time.Second},
		{vice: "wrong-ids", want: delivering},
		{vice: "leak", want: []string{"flat"}},
		{vice: "memory-hog", want: []string{"flat"}},
		{vice: "grandchild", want: []string{"nothing-left"}},
		{vice: "stubborn", want: []string{"sigterm", "stdin"}},
		{vice: "liar", want: []string{
			"faulty-delivery", "isolation", "deliver-one", "repeat", "batch", "outcomes", "retry-after",
			"lost-answers", "time-budget", "cancel", "concurrency", "kill",
		}, patience: 8 * time.Second},
		{vice: "pedant", want: []string{"later-host"}},
		{vice: "deaf", want: []string{"lost-answers", "time-budget", "repeat"}, patience: 8 * time.Second},
	} {
		t.Run(test.vice, func(t *testing.T) {
			t.Parallel()
			s, err := newSuite(rogue(t, test.vice), rogueHarness())
			if err != nil {
				t.Fatal(err)
			}
			s.many = 400 // Each loses enough for that.
			if test.patience > 0 {
				s.patience = test.patience
			}
			if test.start > 0 {
				s.startWithin = test.start
			}
			report, err := s.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var failed []string
			for _, check := range report.Checks {
				if check.Status == Failed {
					failed = append(failed, check.Name)
				}
				dead := test.dead && check.needs() != needsProgram
				if (check.Status == NotRun) != dead {
					t.Errorf("%s: %s (%s)", check.Name, check.Status, check.Reason)
				}
			}
			slices.Sort(failed)
			want := slices.Sorted(slices.Values(test.want))
			if !slices.Equal(failed, want) {
				t.Errorf("failed: %v\nwant:   %v", failed, want)
				_ = report.WriteText(t.Output())
			}
			if report.Conforms() != (len(test.want) == 0) {
				t.Errorf("conforms: %v", report.Conforms())
			}
		})
	}
}

// needs of the check that the result is of.
func (r Result) needs() need {
	for _, check := range Checks() {
		if check.Number == r.Number {
			return check.needs
		}
	}
	return needsProgram
}
