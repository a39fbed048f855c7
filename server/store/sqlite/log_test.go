package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
)

// logged is a store whose process has ended, with commits that are only in its log.
type logged struct {
	folder, path string
	// commits are how long the log was after each of its commits.
	commits []int64
	log     []byte
}

func keepLog(t *testing.T, commits, size int) logged {
	t.Helper()
	k := keep(t, 0)
	s, err := Open(t.Context(), Options{Path: k.path})
	if err != nil {
		t.Fatal(err)
	}
	l := logged{folder: t.TempDir()}
	l.path = filepath.Join(l.folder, "s.db")
	for i := range commits {
		if _, err := s.submit(t, k.shop, fmt.Sprint("order-", i), size); err != nil {
			t.Fatal(err)
		}
		l.commits = append(l.commits, fileSize(k.path+"-wal"))
	}
	file, err := os.ReadFile(k.path) // Its locks are of no use: no other process looks.
	if err == nil {
		l.log, err = os.ReadFile(k.path + "-wal")
	}
	if err := errors.Join(err, s.Close(), os.WriteFile(l.path, file, 0o600)); err != nil {
		t.Fatal(err)
	}
	return l
}

// openWith opens the store with a log and returns how many orders it has.
func (l logged) openWith(t *testing.T, log []byte) (orders int64, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	file, err := os.ReadFile(l.path)
	if err := errors.Join(err, os.WriteFile(path, file, 0o600), os.WriteFile(path+"-wal", log, 0o600)); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		explains(t, err, path)
		if after, _ := os.ReadFile(path + "-wal"); string(after) != string(log) {
			t.Error("the log was changed")
		}
		return 0, err
	}
	err = s.read(t.Context(), func(conn *sqlite.Conn) (err error) {
		orders, err = readInt(conn, `SELECT count(*) FROM orders`)
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Error(err)
	}
	return orders, nil
}

// TestDamagedLog flips a bit in each frame of a log: a store that would lose an
// acknowledged commit before the last one does not open (promise P2). What is wrong
// with the last one may look like a power cut before it was acknowledged.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	const commits, frame = 4, frameHeader + 4096
	l := keepLog(t, commits, 1000)
	if orders, err := l.openWith(t, l.log); err != nil || orders != commits {
		t.Fatalf("the sound log has %d orders, error %v; want %d", orders, err, commits)
	}
	within := []int64{0, 5, 9, 40, 2000, 4119} // A number, a commit's mark, a salt, and the page.
	for at := int64(logHeader); at+frame <= l.commits[commits-1]; at += frame {
		damaged := append([]byte(nil), l.log...)
		damaged[at+within[at/frame%int64(len(within))]] ^= 0x10
		orders, err := l.openWith(t, damaged)
		switch last := at >= l.commits[commits-2]; {
		case !last && err == nil:
			t.Errorf("damage at %d: it opens with %d orders", at, orders)
		case last && err == nil && orders != commits-1:
			t.Errorf("damage at %d, in the last commit: %d orders, want %d", at, orders, commits-1)
		}
	}
	damaged := append([]byte(nil), l.log...)
	damaged[17] ^= 1
	if orders, err := l.openWith(t, damaged); err == nil {
		t.Errorf("damaged header: it opens with %d orders", orders)
	}
}

// TestTornLog cuts a log off, as a power cut does: the commits before are there.
func TestTornLog(t *testing.T) {
	t.Parallel()
	l := keepLog(t, 3, 5000)
	for i, end := range l.commits {
		for _, cut := range []int64{0, 1, 20, 4000} {
			log := append([]byte(nil), l.log[:end-cut]...)
			want := int64(i)
			if cut == 0 {
				want++
			}
			if orders, err := l.openWith(t, log); err != nil || orders != want {
				t.Errorf("%d bytes before the end of commit %d: %d orders, error %v; want %d", cut, i, orders, err, want)
			}
		}
	}
	for name, log := range map[string][]byte{"empty": {}, "zeros": make([]byte, 3*4120)} {
		if orders, err := l.openWith(t, log); err != nil || orders != 0 {
			t.Errorf("%s: %d orders, error %v; want none", name, orders, err)
		}
	}
}

// TestTornSector loses a sector in the middle of the last commit, so that what is left
// in its place reads as a commit's end: that is no damage.
func TestTornSector(t *testing.T) {
	t.Parallel()
	const number, frame = 42, frameHeader + 4096
	if !acrossSectors(number, frame) {
		t.Fatal("the frame is in one sector")
	}
	l := keepLog(t, 2, 300_000)
	at := logHeader + (number-1)*frame
	log := append([]byte(nil), l.log[:l.commits[0]]...)
	if int64(at+frame) > l.commits[0] {
		t.Fatalf("the first commit has %d bytes", l.commits[0])
	}
	copy(log[at:at+8], "xxxxxxxx")
	if orders, err := l.openWith(t, log); err != nil || orders != 0 {
		t.Errorf("%d orders, error %v; want none", orders, err)
	}
}
