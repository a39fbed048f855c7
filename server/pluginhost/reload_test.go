package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Reload starts what is new, upgrades what changed, removes what is gone, and leaves
// the others alone.
func TestReload(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good", "good-2", "good-3"})
	untouched := b.ready(t, "good")
	b.ready(t, "good-2")
	gone := b.ready(t, "good-3")
	if done, err := b.Reload(deadline(t)); err != nil || len(done) != 0 {
		t.Fatalf("nothing changed = %v, %v", done, err)
	}
	put(t, b.dir, "good-2", numbered("2.0.0"))
	install(t, b.dir, "good-4")
	install(t, b.dir, "crashing")
	if err := os.Remove(filepath.Join(b.dir, binaryPrefix+"good-3")); err != nil {
		t.Fatal(err)
	}
	l := b.underLoad(t, "good-2", 1)
	short, cancel := context.WithTimeout(context.Background(), patience/6)
	defer cancel()
	done, err := b.Reload(short)
	if err != nil || len(done) != 4 {
		t.Fatalf("done = %v, %v", done, err)
	}
	if done[0].Name != "crashing" || done[0].Action != Failed || done[0].Err == nil {
		t.Errorf("crashing = %v", done[0])
	}
	if got := fmt.Sprint(done[1:]); got != fmt.Sprint([]Reloaded{
		{Name: "good-2", Action: Upgraded}, {Name: "good-3", Action: Removed}, {Name: "good-4", Action: Added},
	}) {
		t.Errorf("done = %s", got)
	}
	l.stop()
	if _, installed := b.Plugin("good-3"); installed {
		t.Error("a plugin that is gone is still listed")
	}
	if _, err := b.forward(t, "good-3", "1"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("call of a plugin that is gone = %v", err)
	}
	if alive(gone.PID) {
		t.Error("the process of a plugin that is gone is still there")
	}
	if got, err := b.forward(t, "good-4", "1"); err != nil || len(got) != 1 {
		t.Errorf("call of a plugin that is new = %v, %v", got, err)
	}
	if pid, err := b.isolate(t, "good-4", "1"); err != nil || pid == 0 {
		t.Errorf("isolated call of a plugin that is new = %v, %v", pid, err)
	}
	if now, _ := b.Plugin("good"); now.PID != untouched.PID || now.Starts != 1 {
		t.Errorf("a plugin that did not change = %+v", now)
	}
	// What was removed may come back.
	install(t, b.dir, "good-3")
	if done, err := b.Reload(deadline(t)); err != nil || len(done) == 0 || done[len(done)-1].Action != Added {
		t.Errorf("back = %v, %v", done, err)
	}
}

// Files are looked at now and then, also while a plugin is quarantined.
func TestFilesAreWatched(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"}, func(o *Options) {
		o.Timings.Poll, o.Timings.CrashBudget = 10*time.Millisecond, 1
	})
	put(t, b.dir, "good-2", version{Behaviour: "crashing"})
	b = reopen(t, b)
	b.start(t)
	b.ready(t, "good")
	b.await(t, func(s Status) bool { return s.Name == "good-2" && s.State == Quarantined })
	l := b.underLoad(t, "good", 1)
	put(t, b.dir, "good", numbered("2.0.0"))
	put(t, b.dir, "good-2", numbered("2.0.0"))
	install(t, b.dir, "good-3")
	for _, name := range []string{"good", "good-2"} {
		b.await(t, func(s Status) bool {
			return s.Name == name && s.State == Ready && s.Description.GetVersion() == "2.0.0"
		})
	}
	b.await(t, func(s Status) bool { return s.Name == "good-3" && s.State == Ready })
	// A binary that is gone may be about to come back.
	binary := filepath.Join(b.dir, binaryPrefix+"good")
	if err := os.Rename(binary, binary+".away"); err != nil {
		t.Fatal(err)
	}
	l.goesOn(t, 100)
	put(t, b.dir, "good", numbered("3.0.0"))
	b.await(t, func(s Status) bool {
		return s.Name == "good" && s.State == Ready && s.Description.GetVersion() == "3.0.0"
	})
	l.stop()
}

// A file that is refused is tried once, not at every look.
func TestRefusedFileIsTriedOnce(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good"}, func(o *Options) { o.Timings.Poll = time.Millisecond })
	b.start(t)
	before := b.ready(t, "good")
	put(t, b.dir, "good", version{Behaviour: "misnamed"})
	b.awaitStatus(t, "good", func(s Status) bool { return s.Upgrade.State == UpgradeRefused })
	install(t, b.dir, "good-2") // It is found at a later look.
	b.await(t, func(s Status) bool { return s.Name == "good-2" && s.State == Ready })
	if after, _ := b.Plugin("good"); after.Starts != 2 || after.PID != before.PID || after.State != Ready {
		t.Errorf("after = %+v", after)
	}
}
