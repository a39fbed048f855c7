package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// kept is a closed store with orders in it.
type kept struct {
	path   string
	shop   store.Submission
	orders int
	// roots are the pages where tables and indexes begin.
	roots map[string]int64
}

func keep(t *testing.T, orders int) kept {
	t.Helper()
	k := kept{path: filepath.Join(t.TempDir(), "s.db"), orders: orders, roots: map[string]int64{}}
	s, err := Open(t.Context(), Options{Path: k.path})
	if err != nil {
		t.Fatal(err)
	}
	k.shop = openShop(t, s)
	for i := range orders {
		if _, err := s.submit(t, k.shop, fmt.Sprint("order-", i), 1000); err != nil {
			t.Fatal(err)
		}
	}
	err = s.read(t.Context(), func(conn *sqlite.Conn) error {
		k.roots, err = integers(conn, `SELECT name, rootpage FROM sqlite_schema`)
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return k
}

// change changes a file as a bad disk does.
func change(t *testing.T, path string, how func(raw []byte) []byte) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, how(raw), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// spoil makes the page where a table or an index begins unreadable.
func (k kept) spoil(t *testing.T, name string) {
	t.Helper()
	root := k.roots[name]
	if root == 0 {
		t.Fatalf("there is no %s", name)
	}
	change(t, k.path, func(raw []byte) []byte {
		for i := range int64(8) {
			raw[(root-1)*4096+i] ^= 0xA5
		}
		return raw
	})
}

// explains demands that an error says which file is damaged and what to do.
func explains(t *testing.T, err error, path string) {
	t.Helper()
	for _, want := range []string{path, "damaged", "restore a backup", ".recover"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
			return
		}
	}
}

// TestDamageEndsStore has a read or a write meet damage that Open had no reason to
// look for: it ends the store, so that nothing is written by wrong pointers (promise
// P2).
func TestDamageEndsStore(t *testing.T) {
	t.Parallel()
	read := func(s *Store, k kept) error {
		_, err := s.OrderByID(context.Background(), k.shop.MerchantKey, "order-7")
		return err
	}
	write := func(s *Store, k kept) error {
		again := k.shop
		again.Now = time.Now()
		again.Order = &store.OrderSubmission{OrderID: "order-7", Hash: []byte("x"), Body: []byte("x")}
		_, err := s.Accept(context.Background(), again)
		return err
	}
	for _, name := range []string{"orders", "orders_id"} {
		for use, does := range map[string]func(*Store, kept) error{"read": read, "write": write} {
			t.Run(use+" "+name, func(t *testing.T) {
				t.Parallel()
				k := keep(t, 20)
				k.spoil(t, name)
				s, err := Open(t.Context(), Options{Path: k.path})
				if err != nil {
					t.Fatal(err)
				}
				explains(t, does(s, k), k.path)
				select {
				case err := <-s.Failed():
					explains(t, err, k.path)
				default:
					t.Error("nobody is told that the process has to end")
				}
				if err := s.writer.write(t.Context(), 0, note("later")); err == nil {
					t.Error("a later write was done")
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
				// It did not end cleanly, so that the next one looks at the whole file.
				_, err = Open(t.Context(), Options{Path: k.path})
				explains(t, err, k.path)
			})
		}
	}
}

// TestDamageAtOpen opens what has been damaged while nobody had it open.
func TestDamageAtOpen(t *testing.T) {
	t.Parallel()
	cases := map[string]func(raw []byte) []byte{
		"first page":            func(raw []byte) []byte { return append(bytes.Repeat([]byte{0xA5}, 4096), raw[4096:]...) },
		"half of it gone":       func(raw []byte) []byte { return raw[:len(raw)/2] },
		"pages gone":            func(raw []byte) []byte { return raw[:len(raw)/8192*4096] },
		"nothing but its start": func(raw []byte) []byte { return raw[:100] },
	}
	for name, how := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := keep(t, 20)
			change(t, k.path, how)
			before, _ := os.ReadFile(k.path)
			_, err := Open(t.Context(), Options{Path: k.path})
			explains(t, err, k.path)
			if after, _ := os.ReadFile(k.path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestDamageAfterUncleanEnd flips a bit that no b-tree page shows: an order could not be
// found by its id any more. Only comparing the index with its table finds it.
func TestDamageAfterUncleanEnd(t *testing.T) {
	t.Parallel()
	k := keep(t, 20)
	unclean, err := sqlite.OpenConn(k.path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(setMeta(unclean, metaClean, 0), unclean.Close()); err != nil {
		t.Fatal(err)
	}
	change(t, k.path, func(raw []byte) []byte {
		page := raw[(k.roots["orders_id"]-1)*4096:][:4096]
		page[bytes.Index(page, []byte("order-7"))] = 'O'
		return raw
	})
	_, err = Open(t.Context(), Options{Path: k.path})
	explains(t, err, k.path)
}
