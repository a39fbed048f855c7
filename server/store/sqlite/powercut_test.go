//go:build unix

package sqlite

import (
	"context"
	"errors"
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
	// after is the folder of what a cut leaves, on a disk of its own: nobody needs it
	// to be synced.
	after string
	// images is how many to take.
	images int
	random *rand.Rand
	cuts   int
	lost   error
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
	s.writer.checkpointAfter = 200
	foldSoon(s)
	for _, pragma := range pragmas {
		if err := run(s.writer.conn, "PRAGMA "+pragma); err != nil {
			t.Fatal(err)
		}
	}
	c := &cut{
		t: t, disk: disk, s: s, load: newWorkload(t, s), images: images, after: t.TempDir(),
		random: rand.New(rand.NewPCG(seed, 0)),
	}
	disktest.New(t, c.after)
	disk.Watch(c.step)
	var callers sync.WaitGroup
	for caller := range uint64(6) {
		callers.Go(func() {
			if err := c.load.submitter(caller, rand.New(rand.NewPCG(seed, caller+1))); err != nil {
				t.Errorf("caller %d: %v", caller, err)
				c.load.enough.Store(true)
			}
		})
	}
	callers.Go(func() {
		if err := c.load.editor(); err != nil {
			t.Errorf("editor: %v", err)
			c.load.enough.Store(true)
		}
	})
	callers.Wait()
	// The end is a good time for a cut too.
	c.load.ledger.note(func() { c.load.ledger.closing = true })
	disk.Watch(nil) // The writer may still be at a checkpoint.
	c.images = c.cuts + 5
	disk.Watch(c.step)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return c.cuts, c.lost
}

// step takes an image now and then, and opens it while the disk stands still.
func (c *cut) step(step disktest.Step, image func(*rand.Rand) disktest.Image) {
	rare := 400
	switch {
	case step.Sync:
		rare = 4
	case !step.Log:
		rare = 40 // A checkpoint.
	}
	if c.cuts == c.images || c.lost != nil || c.random.IntN(rare) != 0 {
		return
	}
	// What was acknowledged before the cut, so the ledger comes first.
	told := c.load.ledger.copy()
	c.cuts++
	err := errors.Join(os.RemoveAll(c.after), os.Mkdir(c.after, 0o700), image(c.random).Write(c.after))
	if err == nil {
		err = told.check(filepath.Join(c.after, "s.db"))
	}
	if err != nil {
		c.lost = fmt.Errorf("cut %d, before step %d: %w", c.cuts, step.Number, err)
	}
	if c.cuts == c.images || c.lost != nil {
		c.load.enough.Store(true)
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
// whole; what may have been sent is in doubt (promises P1 and P2). Stores are many
// and small: looking at each image takes as long as the store is large.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	const stores, images = 6, 20
	for seed := range uint64(stores) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			cuts, lost := runCuts(t, seed, images)
			if lost != nil {
				t.Error(lost)
			} else if cuts < images && !t.Failed() {
				t.Errorf("the power was cut %d times, want %d", cuts, images)
			}
		})
	}
}

// TestPowerCutIsNoticed runs the same with fewer syncs: something has to be missing,
// or the test above proves nothing.
func TestPowerCutIsNoticed(t *testing.T) {
	t.Parallel()
	for _, pragma := range []string{"synchronous = OFF", "synchronous = NORMAL"} {
		t.Run(pragma, func(t *testing.T) {
			t.Parallel()
			cuts, lost := runCuts(t, 100, 100, pragma)
			if lost == nil {
				t.Errorf("after %d cuts nothing is missing", cuts)
			}
		})
	}
}

// TestPowerCutAtStart cuts the power while a store is made: the next start makes it,
// or goes on with it.
func TestPowerCutAtStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	disk := disktest.New(t, folder)
	random := rand.New(rand.NewPCG(3, 0))
	cuts := 0
	disk.Watch(func(step disktest.Step, image func(*rand.Rand) disktest.Image) {
		if random.IntN(16) != 0 {
			return
		}
		cuts++
		left := t.TempDir()
		disktest.New(t, left)
		if err := image(random).Write(left); err != nil {
			t.Error(err)
		}
		if err := (&ledger{}).check(filepath.Join(left, "s.db")); err != nil {
			t.Errorf("cut before step %d: %v", step.Number, err)
		}
	})
	s, err := Open(t.Context(), Options{Path: filepath.Join(folder, "s.db")})
	if err != nil {
		t.Fatal(err)
	}
	disk.Watch(nil)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if cuts == 0 {
		t.Error("the power was never cut")
	}
}
