package sqlite_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	zombie "zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// childPath is the variable that makes the test binary a server that is to be
// killed.
const childPath = "SPURLINE_TEST_STORE"

func TestMain(m *testing.M) {
	// The random sequences of the suite take seconds each with the race detector.
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	if path := os.Getenv(childPath); path != "" {
		if err := submitForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// shop is a store with a merchant that has a connection for orders.
type shop struct {
	store    *sqlite.Store
	merchant store.Merchant
	key      int64
}

// openShop opens a store and makes the merchant if it is not there.
func openShop(ctx context.Context, path string) (shop, error) {
	kept, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return shop{}, err
	}
	merchant, err := kept.MerchantByID(ctx, "m")
	if err == nil {
		c, err := kept.ConnectionByID(ctx, merchant.Key, "c")
		return shop{kept, merchant, c.Key}, err
	}
	if merchant, err = kept.CreateMerchant(ctx, store.Merchant{ID: "m", CreateTime: time.Now()}); err != nil {
		return shop{}, err
	}
	c, err := kept.CreateConnection(ctx, store.Connection{
		MerchantKey: merchant.Key, ID: "c", Takes: store.Takes{Orders: true}, State: store.Active,
		Check: store.Untested, CreateTime: time.Now(),
	})
	return shop{kept, merchant, c.Key}, err
}

// submit has an order accepted and returns its delivery.
func (s shop) submit(ctx context.Context, id string) (store.DeliveryID, error) {
	version, wants, err := s.store.PlannedConnections(ctx, s.merchant.Key)
	if err != nil {
		return 0, err
	}
	receipt, err := s.store.Accept(ctx, store.Submission{
		MerchantKey: s.merchant.Key, ConfigVersion: version, Wants: wants, Now: time.Now(),
		Order: &store.OrderSubmission{OrderID: id, Body: []byte(strings.Repeat(id, 100)), Hash: []byte(id)},
	})
	if err != nil {
		return 0, err
	}
	return receipt.Records[0].Deliveries[0].ID, nil
}

// submitForever submits from eight callers and prints what was acknowledged.
func submitForever(path string) error {
	ctx := context.Background()
	s, err := openShop(ctx, path)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for caller := range 8 {
		go func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), caller, i)
				delivery, err := s.submit(ctx, id)
				if err != nil {
					failed <- err
					return
				}
				// One write per line: no line of another caller gets between.
				_, _ = fmt.Fprintf(os.Stdout, "%s %s\n", id, delivery)
			}
		}()
	}
	return <-failed
}

// ledger is what callers were told is accepted.
type ledger map[string]store.DeliveryID

// check demands that everything in the ledger is kept, and counted.
func (l ledger) check(t *testing.T, path string) {
	t.Helper()
	s, err := openShop(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for id, delivery := range l {
		d, err := s.store.DeliveryByID(t.Context(), delivery)
		if err != nil || d.OrderID != id || d.State != store.Pending || !d.FateUnknown {
			t.Fatalf("acknowledged order %s has delivery %+v, error %v", id, d, err)
		}
		if _, err := s.store.OrderByID(t.Context(), s.merchant.Key, id); err != nil {
			t.Fatalf("acknowledged order %s: %v", id, err)
		}
	}
	totals, err := s.store.ConnectionTotals(t.Context(), s.key)
	if err != nil {
		t.Fatal(err)
	}
	if totals.Open() != totals.Made || totals.Made < int64(len(l)) {
		t.Errorf("totals are %+v for %d acknowledged orders", totals, len(l))
	}
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills a server while it acknowledges, again and again on the same file
// (promises P1 and P2).
func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "killed.db")
	accepted := ledger{}
	for _, lines := range []int{1, 300, 40} {
		killAfter(t, path, lines, accepted)
		accepted.check(t, path)
	}
}

// killAfter runs a server on the file and kills it once it has acknowledged so
// many orders. What it acknowledges until it is dead counts too.
func killAfter(t *testing.T, path string, lines int, accepted ledger) {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), binary)
	command.Env = append(os.Environ(), childPath+"="+path)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(out)
	for n := 1; ; n++ {
		line, err := reader.ReadString('\n')
		if err != nil {
			break // The child is dead, and a line without its end was not told.
		}
		id, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		if accepted[id], err = store.ParseDeliveryID(text); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if n == lines {
			if err := command.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := command.Wait(); err == nil {
		t.Error("the child was not killed")
	}
}

// TestCopies copies the files of a store under load, as a power cut would leave
// them, and opens the copies (promises P1 and P2).
func TestCopies(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "live.db")
	s, err := openShop(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	accepted := ledger{}
	var stopped atomic.Bool
	told := make(chan struct{}, 1)
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			for i := 0; !stopped.Load(); i++ {
				id := fmt.Sprintf("%d-%d", caller, i)
				delivery, err := s.submit(t.Context(), id)
				if err != nil {
					t.Errorf("submit: %v", err)
					return
				}
				mu.Lock()
				accepted[id] = delivery
				mu.Unlock()
				select {
				case told <- struct{}{}:
				default:
				}
			}
		})
	}
	copies := map[string]ledger{}
	for i := range 4 {
		for range 50 {
			<-told
		}
		mu.Lock()
		before := ledger{}
		for id, delivery := range accepted {
			before[id] = delivery
		}
		mu.Unlock()
		copied := filepath.Join(folder, fmt.Sprintf("copy-%d.db", i))
		copyAtOnce(t, path, copied)
		copies[copied] = before
	}
	stopped.Store(true)
	callers.Wait()
	for copied, before := range copies {
		before.check(t, copied)
	}
	if err := s.store.Close(); err != nil {
		t.Error(err)
	}
}

// copyAtOnce copies a store under load. A reader keeps the log from being started
// anew between the copies of the file and of its log; everything else may happen.
func copyAtOnce(t *testing.T, from, to string) {
	t.Helper()
	conn, err := zombie.OpenConn(from, zombie.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"BEGIN", "SELECT count(*) FROM meta"} {
		if err := sqlitex.ExecuteTransient(conn, text, nil); err != nil {
			t.Fatal(err)
		}
	}
	release, err := copyStore(from, to)
	t.Cleanup(release)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}
