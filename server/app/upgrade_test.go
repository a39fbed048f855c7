package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/config"
)

// Ways to treat a repeat.
const (
	keyed  = "IDEMPOTENCY_KEYED"
	lookup = "IDEMPOTENCY_LOOKUP"
	none   = "IDEMPOTENCY_NONE"
)

// upgrades is how often the plugin is upgraded under load.
const upgrades = 100

// putPlugin puts a version of the test plugin of package pluginhost, which describes
// itself as appended to its binary, in the place of the one before.
func putPlugin(t *testing.T, dir, version, idempotency string, more ...string) {
	t.Helper()
	putTrailer(t, dir, map[string]any{"Description": ledgerDescription(version, idempotency, more...)})
}

func ledgerDescription(version, idempotency string, more ...string) json.RawMessage {
	fields := append([]string{`{"name":"ledger","kind":"SETTING_KIND_TEXT","required":true}`}, more...)
	return json.RawMessage(fmt.Sprintf(
		`{"version":%q,"idempotency":%q,"orderingScope":"ORDERING_SCOPE_TRACKING_NUMBER","settings":[%s],`+
			`"pace":{"requestsPerSecond":10000,"burst":10000,"concurrency":64}}`,
		version, idempotency, strings.Join(fields, ",")))
}

// putTrailer is putPlugin with all that the test plugin takes.
func putTrailer(t *testing.T, dir string, trailer map[string]any) {
	t.Helper()
	appended, err := json.Marshal(trailer)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := os.ReadFile(filepath.Join(binaries, "testplugin"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "spurline-plugin-ledger")
	binary = append(binary, "\n#TRAILER"+"#"+string(appended)...)
	if err := os.WriteFile(path+".new", binary, 0o755); err != nil { //nolint:gosec // It is executed.
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// flow is a merchant whose shipments never stop.
type flow struct {
	s                *server
	merchant, ledger string
	sent             int
}

func (s *server) newFlow(id string, change ...func(*apiv1.Connection)) *flow {
	s.t.Helper()
	f := &flow{s: s, merchant: s.merchant(id), ledger: filepath.Join(s.t.TempDir(), "ledger")}
	s.connect(f.merchant, "", append([]func(*apiv1.Connection){func(c *apiv1.Connection) {
		c.Plugin, c.Secrets = "ledger", nil
		c.Settings = map[string]string{"ledger": f.ledger}
	}}, change...)...)
	return f
}

// run submits shipments until over, each with its own number.
func (f *flow) run(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		default:
			f.submit()
		}
	}
}

func (f *flow) submit() {
	f.sent++
	f.s.submitTracking(f.merchant, fmt.Sprintf("O-%d", f.sent), parcel(fmt.Sprintf("T%d", f.sent)))
}

// entered returns how many records are in the ledger. None may be there twice.
func (f *flow) entered() int {
	f.s.t.Helper()
	raw, err := os.ReadFile(f.ledger)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.s.t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		if seen[line] {
			f.s.t.Errorf("%s was sent twice", strings.TrimSpace(line))
		}
		seen[line] = true
	}
	return len(seen)
}

// arrived waits until everything that was submitted is delivered.
func (f *flow) arrived() {
	f.s.t.Helper()
	f.s.await("deliveries of "+f.merchant, func() error {
		open, err := f.s.deliveries.ListDeliveries(f.s.t.Context(), &apiv1.ListDeliveriesRequest{
			Parent: f.merchant, State: apiv1.DeliveryState_DELIVERY_STATE_PENDING, PageSize: 1,
		})
		if err != nil || len(open.GetDeliveries()) > 0 {
			return fmt.Errorf("still %v, %w", open.GetDeliveries(), err)
		}
		return nil
	})
	if got := f.entered(); got != f.sent {
		f.s.t.Errorf("%d of %d records of %s arrived", got, f.sent, f.merchant)
	}
}

// A hundred upgrades while traffic flows lose nothing and send nothing twice (promises P2
// and P3); a version that refuses the settings of some connections is refused with their
// names, or pauses them and them alone.
func TestUpgradesUnderLoad(t *testing.T) {
	t.Parallel()
	plugins := t.TempDir()
	putPlugin(t, plugins, "1.0.0", keyed)
	s := startWith(t, "ledger", t.TempDir(), func(c *config.Config) { c.PluginDirs = []string{plugins} })
	flows := []*flow{s.newFlow("acme"), s.newFlow("umbrella")}
	over := make(chan struct{})
	var running sync.WaitGroup
	for _, f := range flows {
		running.Go(func() { f.run(over) })
	}
	stop := sync.OnceFunc(func() {
		close(over)
		running.Wait()
	})
	t.Cleanup(stop)
	for n := range upgrades {
		version := fmt.Sprintf("2.0.%d", n)
		// Now and then it treats repeats in another way than the one before.
		putPlugin(t, plugins, version, []string{keyed, lookup, none}[n/10%3])
		upgraded, err := s.upgrade(false)
		if err != nil || upgraded.GetPlugin().GetVersion() != version {
			t.Fatalf("upgrade to %s = %v, %v", version, upgraded, err)
		}
	}
	// The next version wants a token, which one connection has.
	putPlugin(t, plugins, "3.0.0", lookup, `{"name":"token","kind":"SETTING_KIND_SECRET"}`)
	if _, err := s.upgrade(false); err != nil {
		t.Fatal(err)
	}
	s.setToken(flows[1].merchant)
	putPlugin(t, plugins, "4.0.0", lookup, `{"name":"token","kind":"SETTING_KIND_SECRET","required":true}`)
	_, err := s.upgrade(false)
	apitest.WantError(t, err, codes.FailedPrecondition, "PLUGIN_UPGRADE_REFUSED",
		"1 connections do not suit it: merchants/acme/connections/aftership: connection.secrets[token] is required")
	if plugin := s.ledgerPlugin(); plugin.GetVersion() != "3.0.0" ||
		plugin.GetState() != apiv1.PluginState_PLUGIN_STATE_READY {
		t.Errorf("after the refusal = %v", plugin)
	}
	if _, err := s.upgrade(true); err != nil {
		t.Fatal(err)
	}
	if plugin := s.ledgerPlugin(); plugin.GetVersion() != "4.0.0" || plugin.GetCrashes() != 0 {
		t.Errorf("after the choice = %v", plugin)
	}
	stop()
	flows[1].arrived()
	flows[0].submit() // It waits, unlike the lane of the other.
	s.wantPaused(flows[0])
	s.setToken(flows[0].merchant)
	flows[0].arrived()
	s.stop()
	for _, f := range flows {
		if got := f.entered(); got != f.sent {
			t.Errorf("%s: %d of %d after the stop", f.merchant, got, f.sent)
		}
	}
}

func (s *server) upgrade(pause bool) (*apiv1.UpgradePluginResponse, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	return s.plugins.UpgradePlugin(ctx, &apiv1.UpgradePluginRequest{Name: "plugins/ledger", PauseRefused: pause})
}

func (s *server) ledgerPlugin() *apiv1.Plugin {
	s.t.Helper()
	response, err := s.plugins.GetPlugin(s.t.Context(), &apiv1.GetPluginRequest{Name: "plugins/ledger"})
	if err != nil {
		s.t.Fatal(err)
	}
	return response.GetPlugin()
}

func (s *server) setToken(merchant string) {
	s.t.Helper()
	_, err := s.connections.UpdateConnection(s.t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{
			Name: merchant + "/connections/aftership", Secrets: map[string]string{"token": "a token"},
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) wantPaused(f *flow) {
	s.t.Helper()
	response, err := s.connections.GetConnection(s.t.Context(), &apiv1.GetConnectionRequest{
		Name: f.merchant + "/connections/aftership",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	if c := response.GetConnection(); c.GetPauseReason() != "SETTINGS_REFUSED" {
		s.t.Errorf("connection = %v", c)
	}
	if f.entered() >= f.sent {
		s.t.Errorf("a paused lane of %s sent everything", f.merchant)
	}
}

// What an operator does about a plugin works over the API, and tells what came of it.
func TestPluginIsMovedOverTheAPI(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	putPlugin(t, folder, "1.0.0", keyed)
	s := startWith(t, "ledger", t.TempDir(), func(c *config.Config) { c.PluginDirs = []string{folder} })
	const name = "plugins/ledger"
	before := s.ledgerPlugin()
	if before.GetPinned() || before.GetMemoryBytes() <= 0 || before.GetStartDuration().AsDuration() <= 0 {
		t.Errorf("plugin = %v", before)
	}
	restarted, err := s.plugins.RestartPlugin(t.Context(), &apiv1.RestartPluginRequest{Name: name, Reason: "a test"})
	if err != nil || restarted.GetPlugin().GetPid() == before.GetPid() ||
		restarted.GetPlugin().GetStateReason() != "restart by an operator: a test: took over" {
		t.Errorf("restarted = %v, %v", restarted, err)
	}
	f := s.newFlow("acme")
	f.s.submitTracking(f.merchant, "O-1", parcel("T1"))
	f.sent++
	f.arrived()

	following, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	lines, err := s.plugins.TailLogs(following, &apiv1.TailLogsRequest{Name: name, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(restarted.GetPlugin().GetPid()), syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	// The stacks are more lines than are kept, so that some may be missed. What follows are
	// those of the next process.
	for pid := restarted.GetPlugin().GetPid(); pid == before.GetPid() || pid == restarted.GetPlugin().GetPid(); {
		line, err := lines.Recv()
		if err != nil {
			t.Fatal(err)
		}
		pid = line.GetPid()
	}
	s.await("the crash report", func() error {
		reports, err := s.plugins.ListCrashReports(t.Context(), &apiv1.ListCrashReportsRequest{Name: name})
		if err != nil || len(reports.GetCrashReports()) != 1 {
			return fmt.Errorf("reports = %v, %w", reports, err)
		}
		report := reports.GetCrashReports()[0]
		if report.GetCause() != apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_EXIT || len(report.GetTail()) < 10 {
			t.Errorf("report = %v", report)
		}
		return nil
	})
	released, err := s.plugins.ReleasePlugin(t.Context(), &apiv1.ReleasePluginRequest{Name: name})
	if err != nil || released.GetPlugin().GetState() != apiv1.PluginState_PLUGIN_STATE_READY {
		t.Errorf("released = %v, %v", released, err)
	}
	putPlugin(t, folder, "2.0.0", keyed)
	reloaded, err := s.plugins.ReloadPlugins(t.Context(), &apiv1.ReloadPluginsRequest{})
	if err != nil || len(reloaded.GetPlugins()) > 1 || s.ledgerPlugin().GetVersion() != "2.0.0" {
		t.Errorf("reloaded = %v, %v", reloaded, err)
	}
	// A server that stops ends the stream rather than wait for it.
	s.stop()
	for err == nil {
		_, err = lines.Recv()
	}
	apitest.WantError(t, err, codes.Unavailable, "DRAINING")
}
