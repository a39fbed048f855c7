//go:build unix

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite/disktest"
)

// faulty is a store on a disk that fails.
type faulty struct {
	disk *disktest.Disk
	path string
	s    *Store
	load *workload
}

func openFaulty(t *testing.T) *faulty {
	t.Helper()
	folder := t.TempDir()
	f := &faulty{disk: disktest.New(t, folder), path: filepath.Join(folder, "s.db")}
	var err error
	if f.s, err = Open(t.Context(), Options{Path: f.path}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.s.Close() })
	f.s.writer.checkpointAfter = 50
	foldSoon(f.s)
	f.load = newWorkload(t, f.s)
	return f
}

func order(id string) store.Submission {
	return store.Submission{Order: &store.OrderSubmission{OrderID: id, Hash: []byte(id), Body: make([]byte, 10_000)}}
}

// TestCommitFails has the disk not confirm a commit, once, under load: the store
// takes nothing any more, though the disk is well again, and whoever was told that
// something is kept finds it kept (promises P1 and P2).
func TestCommitFails(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		sync, log bool
		code      disktest.Code
	}{
		"sync":       {true, true, disktest.BadSync},
		"write":      {false, true, disktest.BadWrite},
		"checkpoint": {true, false, disktest.BadSync},
	}
	for name, c := range cases {
		for _, after := range []int{0, 7, 40} {
			t.Run(fmt.Sprint(name, " after ", after), func(t *testing.T) {
				t.Parallel()
				f := openFaulty(t)
				left := after
				f.disk.Fail(func(step disktest.Step) disktest.Code {
					if step.Sync != c.sync || step.Log != c.log {
						return 0
					}
					if left--; left == -1 {
						return c.code
					}
					return 0
				})
				f.untilFailure(t)
			})
		}
	}
}

// untilFailure has callers submit until the store fails, and looks at what is left.
func (f *faulty) untilFailure(t *testing.T) {
	t.Helper()
	var callers sync.WaitGroup
	for caller := range uint64(4) {
		callers.Go(func() {
			err := f.load.submitter(caller, rand.New(rand.NewPCG(caller, 0)))
			if err == nil || forCaller(err) {
				t.Errorf("a caller got %v, want the failure of the store", err)
			}
		})
	}
	callers.Wait()
	select {
	case err := <-f.s.Failed():
		if err == nil {
			t.Error("Failed yields no error")
		}
	default:
		t.Error("nobody is told that the process has to end")
	}
	if _, err := f.load.submit(order("later")); err == nil {
		t.Error("a later submission was accepted")
	}
	left := t.TempDir()
	if err := f.disk.Image(rand.New(rand.NewPCG(1, 1))).Write(left); err != nil {
		t.Fatal(err)
	}
	if err := f.load.ledger.check(filepath.Join(left, "s.db")); err != nil {
		t.Errorf("after a power cut: %v", err)
	}
	if err := f.s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	// What the system still has, which is more than what is on the disk.
	kept := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(f.path + suffix)
		if err == nil {
			err = os.WriteFile(filepath.Join(kept, "s.db"+suffix), raw, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.load.ledger.check(filepath.Join(kept, "s.db")); err != nil {
		t.Errorf("after a restart: %v", err)
	}
}

// TestDiskFull fills the disk in the middle of a commit: submissions and outcomes
// are refused whole. With space again both go on, without a restart (promise P2).
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for _, after := range []int{0, 1, 3, 8, 20} {
		t.Run(fmt.Sprint("after ", after, " writes"), func(t *testing.T) {
			t.Parallel()
			f := openFaulty(t)
			ids, err := f.load.submit(order("before"))
			if err != nil {
				t.Fatal(err)
			}
			fill := func() {
				left := after
				f.disk.Fail(func(step disktest.Step) disktest.Code {
					if left--; left < 0 && !step.Sync {
						return disktest.Full
					}
					return 0
				})
			}
			for round := range 2 {
				fill()
				full := fmt.Sprint("full ", round)
				// The first ones may fit into the room of a step count.
				for err = nil; err == nil; {
					_, err = f.load.submit(order(full))
					full += "!"
				}
				if !errors.Is(err, store.ErrFull) {
					t.Errorf("submission to a full disk: %v, want ErrFull", err)
				}
				done := store.Completion{ID: ids[0], State: store.Delivered, Sends: 1, Now: time.Now()}
				if err := f.s.Complete(t.Context(), []store.Completion{done}); err == nil {
					t.Error("an outcome was written to a full disk")
				}
				f.isWhole(t)
				f.disk.Fail(nil)
				if _, err := f.load.submit(order(fmt.Sprint("again ", round))); err != nil {
					t.Errorf("submission with space again: %v", err)
				}
				if err := f.load.complete(ids[round], rand.New(rand.NewPCG(1, 1))); err != nil {
					t.Errorf("outcome with space again: %v", err)
				}
				f.isWhole(t)
			}
			select {
			case err := <-f.s.Failed():
				t.Errorf("the store has ended: %v", err)
			default:
			}
		})
	}
}

// isWhole demands all that was told, of the running store.
func (f *faulty) isWhole(t *testing.T) {
	t.Helper()
	told := f.load.ledger.copy()
	told.closing = true // Nothing is in doubt: the store has not ended.
	if err := told.compare(f.s); err != nil {
		t.Error(err)
	}
	err := f.s.read(context.Background(), func(conn *sqlite.Conn) error {
		refused, err := readInt(conn, `SELECT count(*) FROM orders WHERE order_id LIKE 'full%'
			AND order_id NOT IN (SELECT order_id FROM delivery)`)
		if err == nil && refused != 0 {
			err = fmt.Errorf("%d orders are there without their deliveries", refused)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
