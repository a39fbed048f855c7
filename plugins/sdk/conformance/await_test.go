package conformance

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"
)

// TestNobodyWaitsForTheDead: a check does not wait for what a process that has ended would
// do.
func TestNobodyWaitsForTheDead(t *testing.T) {
	t.Parallel()
	for _, vice := range []string{"crasher", "quitter"} {
		t.Run(vice, func(t *testing.T) {
			t.Parallel()
			s, err := newSuite(rogue(t, vice), rogueHarness())
			if err != nil {
				t.Fatal(err)
			}
			if s.dir, err = os.MkdirTemp("", "spurline-t-"); err != nil { // Paths of sockets are short.
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(s.dir) })
			s.patience = time.Hour
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if trouble, _ := s.learn(ctx); trouble != "" {
				t.Fatal(trouble)
			}
			s.settings, s.secrets = s.harness.settings(s.description)
			for _, check := range Checks() {
				if !slices.Contains([]string{"slow-record", "cancel", "kill"}, check.Name) {
					continue
				}
				if result := s.try(ctx, check, ""); result.Status != Failed || len(result.Breakdowns) != 1 {
					t.Errorf("%s: %+v", check.Name, result)
				}
				if ctx.Err() != nil {
					t.Fatalf("%s waited", check.Name)
				}
			}
		})
	}
}
