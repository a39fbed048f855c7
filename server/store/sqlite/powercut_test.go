//go:build unix

package sqlite

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/spurline/spurline/server/store/sqlite/disktest"
)

// cut is a store under load whose disk loses power again and again.
type cut struct {
	t    *testing.T
	disk *disktest.Disk
	s    *Store
	load *workload
	// images is how many to take. One in so many writes and syncs is a cut.
	images, writes, syncs int
	random                *rand.Rand
	cuts                  int
	lost                  error
	enough                context.CancelFunc
}

// runCuts puts a store under load and opens what each cut leaves, until that was
// often enough or something is lost, which it returns.
func runCuts(t *testing.T, seed uint64, images int, pragmas ...string) (cuts int, lost error) {
	t.Helper()
	folder := t.TempDir()
	disk := disktest.New(t, folder)
	s, err := Open(t.Context(), Options{Path: filepath.Join(folder, "s.db")})
	if err != nil {
		t.Fatal(err)
	}
	// Checkpoints come often, so that many cuts hit one.
	for _, pragma := range append([]string{"wal_autocheckpoint = 200"}, pragmas...) {
		if err := run(s.writer.conn, "PRAGMA "+pragma); err != nil {
			t.Fatal(err)
		}
	}
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	c := &cut{
		t: t, disk: disk, s: s, load: newWorkload(t, s), images: images, writes: 400, syncs: 3,
		random: rand.New(rand.NewPCG(seed, 0)), enough: enough,
	}
	disk.Watch(c.step)
	var callers sync.WaitGroup
	for caller := range uint64(6) {
		callers.Go(func() {
			if err := c.load.submitter(ctx, caller, rand.New(rand.NewPCG(seed, caller+1))); err != nil {
				t.Errorf("caller %d: %v", caller, err)
				enough()
			}
		})
	}
	callers.Go(func() {
		if err := c.load.editor(ctx); err != nil {
			t.Errorf("editor: %v", err)
			enough()
		}
	})
	callers.Wait()
	disk.Watch(nil)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return c.cuts, c.lost
}

// step takes an image now and then, and opens it while the disk stands still.
func (c *cut) step(step disktest.Step, image func(*rand.Rand) disktest.Image) {
	rare := c.writes
	if step.Sync {
		rare = c.syncs
	}
	if c.cuts == c.images || c.lost != nil || c.random.IntN(rare) != 0 {
		return
	}
	// What was acknowledged before the cut, so the ledger comes first.
	told := c.load.ledger.copy()
	c.cuts++
	folder, err := os.MkdirTemp("", "spurline-cut-")
	if err == nil {
		err = image(c.random).Write(folder)
	}
	if err == nil {
		err = told.check(filepath.Join(folder, "s.db"))
	}
	if err != nil {
		c.lost = fmt.Errorf("cut %d, before step %d: %w", c.cuts, step.Number, err)
	}
	_ = os.RemoveAll(folder)
	if c.cuts == c.images || c.lost != nil {
		c.enough()
	}
}

// check opens what a cut left and demands all that was told.
func (l *ledger) check(path string) error {
	s, err := Open(context.Background(), Options{Path: path, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return l.compare(s)
}

// TestPowerCut cuts the power at random instants, between writes and in the middle
// of commits and checkpoints. Everything that was acknowledged is there, once, and
// whole; what may have been sent is in doubt (promises P1 and P2).
func TestPowerCut(t *testing.T) {
	t.Parallel()
	const seed = 1
	cuts, lost := runCuts(t, seed, 300)
	if lost != nil {
		t.Errorf("seed %d: %v", seed, lost)
	}
	if cuts != 300 {
		t.Errorf("seed %d: the power was cut %d times, want 300", seed, cuts)
	}
}

// TestPowerCutIsNoticed runs the same without syncs: something has to be missing, or
// the test above proves nothing.
func TestPowerCutIsNoticed(t *testing.T) {
	t.Parallel()
	const seed = 2
	cuts, lost := runCuts(t, seed, 100, "synchronous = OFF")
	if lost == nil {
		t.Errorf("seed %d: after %d cuts without syncs nothing is missing", seed, cuts)
	} else {
		t.Logf("noticed: %v", lost)
	}
}
