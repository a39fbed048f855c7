package app_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// crashSizes say how much a crash test does.
type crashSizes struct {
	messages, merchants, callers int
	// kills of the server, and as many of the plugin.
	kills int
	// troubles are keys that AfterShip refuses for a while. patient waits until the
	// lanes find out by themselves that they are taken again.
	troubles int
	patient  bool
	// backlog is the most open deliveries, 0 for the default of the server.
	backlog int
	seed    uint64
	// plugins that are killed. With zoho, each merchant has a connection to it too.
	plugins []string
}

var crashing crashSizes

func init() {
	flag.IntVar(&crashing.messages, "crash.messages", 1500, "messages that TestCrashes submits")
	flag.IntVar(&crashing.merchants, "crash.merchants", 48, "merchants of TestCrashes")
	flag.IntVar(&crashing.kills, "crash.kills", 20, "kills of the server, and of the plugin, in TestCrashes")
	flag.IntVar(&crashing.troubles, "crash.troubles", 6, "keys that are refused for a while in TestCrashes")
	flag.BoolVar(&crashing.patient, "crash.patient", false, "wait in TestCrashes until lanes resume by themselves")
	flag.IntVar(&crashing.backlog, "crash.backlog", 0, "most open deliveries in TestCrashes; 0 is the server's default")
	flag.Uint64Var(&crashing.seed, "crash.seed", 0, "seed of TestCrashes; 0 takes any")
	crashing.callers = 8
	crashing.plugins = []string{"aftership"}
}

// TestCrashes kills the server and its plugin at random points, while callers
// submit, edit, void and repeat and AfterShip fails in every way it can. In the end
// the callers' ledger, the store and AfterShip agree (promises P1, P2, P3, P4 and
// P7). "make crash" runs it in full size.
//
//nolint:paralleltest // It looks for goroutines that are left over.
func TestCrashes(t *testing.T) { crash(t, crashing) }

// crash runs a crash test and looks for goroutines that it left.
func crash(t *testing.T, sizes crashSizes) {
	t.Helper()
	goroutines := goleak.IgnoreCurrent()
	if crashing.seed == 0 {
		crashing.seed = rand.Uint64()
	}
	sizes.seed = crashing.seed
	t.Logf("race detector %v, -crash.seed=%d -crash.messages=%d -crash.kills=%d -crash.merchants=%d -crash.backlog=%d",
		raceDetector, crashing.seed, crashing.messages, crashing.kills, crashing.merchants, crashing.backlog)
	t.Run("run", func(t *testing.T) { runCrashes(t, sizes) })
	if err := goleak.Find(goroutines); err != nil {
		t.Error(err)
	}
}

func runCrashes(t *testing.T, sizes crashSizes) {
	t.Helper()
	start := time.Now()
	w := newCrashWorld(t, sizes)
	w.restart()
	w.connect()
	w.drive()
	drained := w.settle()
	w.check()
	w.report(start, drained)
}

func newCrashWorld(t *testing.T, sizes crashSizes) *crashWorld {
	t.Helper()
	folder, err := os.MkdirTemp("", "crash-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("store and log are kept in %s", folder)
			return
		}
		_ = os.RemoveAll(folder)
	})
	w := &crashWorld{
		t: t, sizes: sizes, random: rand.New(rand.NewPCG(sizes.seed, 1)),
		tickets: make(chan struct{}, sizes.messages), answered: make(chan struct{}, sizes.messages),
		replaced: make(chan struct{}),
	}
	w.launch = launch{
		programs: buildForCrashes(t, sizes.plugins...),
		dir:      filepath.Join(folder, "data"), temporary: filepath.Join(folder, "tmp"),
		arguments: []string{
			"--retry-first", "20ms", "--retry-longest", "500ms", "--attempt-timeout", "10s", "--drain-grace", "5s",
		},
	}
	if sizes.backlog > 0 {
		w.launch.arguments = append(w.launch.arguments, "--backlog-limit", fmt.Sprint(sizes.backlog))
	}
	if err := os.Mkdir(w.launch.temporary, 0o700); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(w.logFile())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	w.launch.log = log
	w.populate()
	return w
}

// merchantsPerRemote share a stand-in.
const merchantsPerRemote = 16

// populate makes the merchants, and the stand-ins with their keys.
func (w *crashWorld) populate() {
	for first := 0; first < w.sizes.merchants; first += merchantsPerRemote {
		var keys []aftershiptest.Key
		var here []*customer
		for i := first; i < min(first+merchantsPerRemote, w.sizes.merchants); i++ {
			c := &customer{
				index: i, connections: map[string]string{"aftership": fmt.Sprintf("org-%d", i)}, mapsSlugs: i%2 == 1,
				random: rand.New(rand.NewPCG(w.sizes.seed, uint64(1000+i))), told: map[string]bool{}, key: fmt.Sprintf("org-%d", i),
				states: map[string]int{}, outcomes: map[string]int{}, counted: map[string]int64{},
			}
			if i%5 == 0 {
				c.connections["second"] = fmt.Sprintf("org-%d-second", i)
			}
			for _, organisation := range c.connections {
				keys = append(keys, aftershiptest.Key{Value: organisation, Organisation: organisation})
			}
			here = append(here, c)
		}
		r := newRemote(w.t, w.sizes.seed+uint64(first), keys, len(w.remotes)%2 == 1)
		for _, c := range here {
			c.remote = r
		}
		w.remotes = append(w.remotes, r)
		if slices.Contains(w.sizes.plugins, "zoho") {
			w.books = append(w.books, newBooks(w.t, w.sizes.seed+uint64(first), here))
		}
		w.all = append(w.all, here...)
	}
}

// drive lets the callers submit everything, and kills between.
func (w *crashWorld) drive() {
	ctx, cancel := context.WithCancelCause(w.t.Context())
	defer cancel(nil)
	var callers sync.WaitGroup
	for i := range w.sizes.callers {
		var mine []*customer
		for j := i; j < len(w.all); j += w.sizes.callers {
			mine = append(mine, w.all[j])
		}
		random := rand.New(rand.NewPCG(w.sizes.seed, uint64(100_000+i)))
		callers.Go(func() {
			if err := w.submit(ctx, random, mine); err != nil {
				cancel(err)
			}
		})
	}
	steps := w.schedule()
	troubles := w.plan(len(steps))
	for i, step := range steps {
		w.apply(troubles, i)
		messages := w.sizes.messages*(i+1)/len(steps) - w.released
		if err := w.step(ctx, step, messages); err != nil {
			cancel(err)
			break
		}
	}
	close(w.tickets)
	callers.Wait()
	if err := w.await(ctx, w.released); err != nil && ctx.Err() == nil {
		cancel(err)
	}
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		w.t.Fatalf("callers: %v", err)
	}
}

// step lets callers submit so many messages, and kills while they do.
func (w *crashWorld) step(ctx context.Context, step func(), messages int) error {
	if err := w.flow(ctx, int64(w.random.IntN(messages/2+1))); err != nil {
		return err
	}
	before := w.released
	w.release(messages)
	if err := w.await(ctx, before+w.random.IntN(messages)); err != nil {
		return err
	}
	step()
	return nil
}

// schedule mixes the kills. A plugin that ends five times in a life of the server is
// quarantined, as it should be; so it is killed three times in one life at most.
func (w *crashWorld) schedule() []func() {
	var steps []func()
	plugin := 0
	for life := range w.sizes.kills {
		due := life + 1 - plugin + w.random.IntN(3) - 1
		if life == w.sizes.kills-1 {
			due = w.sizes.kills - plugin
		}
		for range min(max(due, 0), 3) {
			name := w.sizes.plugins[w.random.IntN(len(w.sizes.plugins))]
			steps = append(steps, func() { w.killPlugin(name) })
			plugin++
		}
		steps = append(steps, w.killServer)
	}
	return steps
}
