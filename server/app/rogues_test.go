package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/pluginhost"
)

const (
	// honest is the plugin of the gallery without a vice.
	honest = "honest"
	// parcels and revisions that the honest plugin gets in each wave.
	roguesParcels, roguesRevisions = 30, 3
)

// TestRogues loads every plugin of the rogues' gallery beside an honest one, gives
// both work, and sees that the honest one's arrives, all of it and in order, before
// and after the rogue showed its vice; that the server lives; and that it ends
// cleanly with nothing left of the rogue (promise P7).
func TestRogues(t *testing.T) {
	t.Parallel()
	gallery := filepath.Join(t.TempDir(), "rogues")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", gallery, "./plugins/sdk/conformance/rogues")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, test := range []struct {
		vice string
		// shown is how the vice shows.
		shown func(*apiv1.Plugin, *apiv1.Delivery) bool
		// dead says that it never takes a call.
		dead bool
	}{
		{vice: "crash-loop", dead: true, shown: restarted},
		{vice: "noisy-stdout", dead: true, shown: restarted},
		{vice: "slow-start", dead: true, shown: running},
		{vice: "hang", shown: tried},
		{vice: "giant-reply", shown: tried},
		{vice: "wrong-ids", shown: tried},
		{vice: "deaf", shown: tried},
		{vice: "log-flood", shown: delivered},
		{vice: "hostile-log", shown: delivered},
		{vice: "leak", shown: delivered},
		{vice: "memory-hog", shown: delivered},
		{vice: "grandchild", shown: delivered},
		{vice: "stubborn", shown: delivered},
		{vice: "liar", shown: delivered},
	} {
		t.Run(test.vice, func(t *testing.T) {
			t.Parallel()
			w := loadRogue(t, gallery, test.vice)
			if !test.dead {
				w.connectTo("bad", test.vice, w.bad.URL)
				w.submit("merchants/bad", "BAD", 2*roguesParcels, 1)
			}
			w.connectTo("good", honest, w.good.server.URL)
			w.submit("merchants/good", "ONE", roguesParcels, roguesRevisions)
			w.awaitGood("ONE")
			w.await("the vice of "+test.vice, func() error {
				plugin, delivery := w.rogue(test.vice, test.dead)
				if !test.shown(plugin, delivery) {
					return fmt.Errorf("not shown yet: %s, %s", plugin, delivery)
				}
				return nil
			})
			w.submit("merchants/good", "TWO", roguesParcels, roguesRevisions)
			w.awaitGood("TWO")
			w.wantOnlyVice(test.vice, test.dead)
			w.stop()
			w.wantNothingLeft()
		})
	}
}

func restarted(p *apiv1.Plugin, _ *apiv1.Delivery) bool { return p.GetStarts() >= 2 }

func running(p *apiv1.Plugin, _ *apiv1.Delivery) bool {
	return p.GetState() == apiv1.PluginState_PLUGIN_STATE_STARTING && p.GetStarts() >= 1
}

func tried(_ *apiv1.Plugin, d *apiv1.Delivery) bool {
	return d.GetSends() >= 1 && d.GetState() != apiv1.DeliveryState_DELIVERY_STATE_DELIVERED
}

func delivered(_ *apiv1.Plugin, d *apiv1.Delivery) bool {
	return d.GetState() == apiv1.DeliveryState_DELIVERY_STATE_DELIVERED
}

// roguesWorld is a server with an honest plugin and a rogue.
type roguesWorld struct {
	*server
	good *orderly
	bad  *httptest.Server
}

// loadRogue starts a server with the two plugins.
func loadRogue(t *testing.T, gallery, vice string) *roguesWorld {
	t.Helper()
	plugins := t.TempDir()
	for _, name := range []string{honest, vice} {
		if err := os.Link(gallery, filepath.Join(plugins, pluginv1.BinaryPrefix+name)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	c := settings(dir)
	c.PluginDirs = []string{plugins}
	c.AttemptTimeout, c.DrainGrace = 2*time.Second, 3*time.Second
	w := &roguesWorld{server: &server{t: t, dir: dir, log: &logBuffer{}}, good: newOrderly(t)}
	w.bad = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if vice == "deaf" { // It would wait for ever.
			select {
			case <-r.Context().Done():
			case <-t.Context().Done():
			}
		}
	}))
	t.Cleanup(w.bad.Close)
	a, err := app.New(t.Context(), app.Options{Config: c, Log: w.log, PluginTimings: pluginhost.Timings{
		BackoffFirst: 20 * time.Millisecond, BackoffMost: 100 * time.Millisecond, CrashBudget: 1000,
		Drain: time.Second, Kill: 500 * time.Millisecond,
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.app = a
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("server: %v", err)
		}
	})
	t.Cleanup(func() {
		w.stop()
		if t.Failed() {
			log := w.log.String()
			t.Logf("end of the server's log:\n%s", log[max(0, len(log)-20_000):])
		}
	})
	w.dial(a.Address())
	return w
}

// connectTo connects a new merchant to a plugin once that has described itself.
func (w *roguesWorld) connectTo(merchant, plugin, url string) {
	w.t.Helper()
	parent := w.merchant(merchant)
	w.await("connection to "+plugin, func() error {
		_, err := w.connections.CreateConnection(w.t.Context(), &apiv1.CreateConnectionRequest{
			Parent: parent, ConnectionId: plugin, Connection: &apiv1.Connection{
				Plugin: plugin, Settings: map[string]string{"base_url": url}, Secrets: map[string]string{"api_key": "canary-4711"},
			},
		})
		return err
	})
}

// submit submits parcels, each in several revisions.
func (w *roguesWorld) submit(merchant, prefix string, parcels, revisions int) {
	w.t.Helper()
	for revision := 1; revision <= revisions; revision++ {
		for n := range parcels {
			p := parcel(roguesNumber(prefix, n))
			p.ShipDate = proto.String(fmt.Sprintf("2026-11-%02d", revision))
			w.submitTracking(merchant, fmt.Sprintf("%s-%d", prefix, n), p)
		}
	}
}

func roguesNumber(prefix string, n int) string { return fmt.Sprintf("%s%04d", prefix, n) }

// awaitGood waits until the last revision of every parcel of a wave is there.
func (w *roguesWorld) awaitGood(prefix string) {
	w.t.Helper()
	w.await("the honest plugin's deliveries", func() error {
		for n := range roguesParcels {
			if last := w.good.last(roguesNumber(prefix, n)); last != roguesRevisions {
				return fmt.Errorf("%s is there in revision %d of %d", roguesNumber(prefix, n), last, roguesRevisions)
			}
		}
		return w.good.disorder()
	})
}

// rogue returns the state of the rogue and of one of its deliveries.
func (w *roguesWorld) rogue(vice string, dead bool) (*apiv1.Plugin, *apiv1.Delivery) {
	w.t.Helper()
	answer, err := w.plugins.GetPlugin(w.t.Context(), &apiv1.GetPluginRequest{Name: "plugins/" + vice})
	if err != nil {
		w.t.Fatal(err)
	}
	if dead {
		return answer.GetPlugin(), nil
	}
	delivery, err := w.delivery("merchants/bad", roguesNumber("BAD", 0))
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.GetPlugin(), delivery
}

// wantOnlyVice fails if the honest plugin was restarted, or the rogue is not what it
// should be.
func (w *roguesWorld) wantOnlyVice(vice string, dead bool) {
	w.t.Helper()
	if plugin, _ := w.rogue(honest, true); plugin.GetStarts() != 1 ||
		plugin.GetState() != apiv1.PluginState_PLUGIN_STATE_READY {
		w.t.Errorf("the honest plugin is %s after %d starts", plugin.GetState(), plugin.GetStarts())
	}
	if plugin, _ := w.rogue(vice, dead); dead && plugin.GetState() == apiv1.PluginState_PLUGIN_STATE_READY {
		w.t.Errorf("%s is ready", vice)
	}
}

// wantNothingLeft fails if a process of a plugin still runs.
func (w *roguesWorld) wantNothingLeft() {
	w.t.Helper()
	if runtime.GOOS != "linux" {
		return // Nobody can see it.
	}
	left, err := processesOf(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(left) > 0 {
		w.t.Errorf("processes are left:\n%s", strings.Join(left, "\n"))
	}
}

// orderly is the remote of the honest plugin: it notes which revision of each parcel
// came when.
type orderly struct {
	server *httptest.Server

	mu        sync.Mutex
	revisions map[string][]int
}

func newOrderly(t *testing.T) *orderly {
	t.Helper()
	o := &orderly{revisions: map[string][]int{}}
	o.server = httptest.NewServer(o)
	t.Cleanup(o.server.Close)
	return o
}

// ServeHTTP implements http.Handler.
func (o *orderly) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Number   string `json:"number"`
		Revision int    `json:"revision"`
	}
	if r.Method != http.MethodPost {
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.revisions[body.Number] = append(o.revisions[body.Number], body.Revision)
}

func (o *orderly) last(number string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if came := o.revisions[number]; len(came) > 0 {
		return came[len(came)-1]
	}
	return 0
}

// disorder is an error if a parcel did not come once per revision and in turn.
func (o *orderly) disorder() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var faults []error
	for number, came := range o.revisions {
		for i := 1; i < len(came); i++ {
			if came[i] <= came[i-1] {
				faults = append(faults, fmt.Errorf("%s came in revisions %v", number, came))
			}
		}
	}
	return errors.Join(faults...)
}
