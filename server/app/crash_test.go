package app_test

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// TestPluginKilledInMidBatch: kill -9 of the plugin while AfterShip has stored
// records whose answers never came loses nothing and makes nothing twice
// (promises P2, P3 and P7).
func TestPluginKilledInMidBatch(t *testing.T) {
	t.Parallel()
	const count = 20
	stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
	stand.Script(aftershiptest.Hang().On("POST", "/trackings").AfterStore().Times(5))
	base := stand.Start(t)
	s := start(t)
	acme := s.merchant("acme")
	s.connect(acme, base)
	want := map[string]map[string]any{}
	for i := range count {
		number := fmt.Sprintf("1Z999AA1%010d", i)
		s.submitTracking(acme, "A-1", parcel(number))
		want[number] = map[string]any{"order_id": "A-1"}
	}
	s.await("requests to hang", func() error {
		if stored := len(stand.Trackings()); stored < 5 {
			return fmt.Errorf("%d stored", stored)
		}
		return nil
	})
	before := s.plugin()
	if err := syscall.Kill(int(before.GetPid()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for number := range want {
		s.awaitDelivered(acme, number)
	}
	wantRemote(t, stand, want)
	if after := s.plugin(); after.GetPid() == before.GetPid() || after.GetStarts() < 2 {
		t.Errorf("the plugin was not started again: %v", after)
	}
}

func (s *server) plugin() *apiv1.Plugin { return s.pluginNamed("aftership") }

func (s *server) pluginNamed(name string) *apiv1.Plugin {
	s.t.Helper()
	answer, err := s.plugins.GetPlugin(s.t.Context(), &apiv1.GetPluginRequest{Name: "plugins/" + name})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.GetPlugin()
}

// readyPlugin waits until the plugin for AfterShip takes calls.
func (s *server) readyPlugin() *apiv1.Plugin { return s.readyPluginNamed("aftership") }

func (s *server) readyPluginNamed(name string) (plugin *apiv1.Plugin) {
	s.t.Helper()
	s.await("the plugin "+name, func() error {
		plugin = s.pluginNamed(name)
		if plugin.GetState() != apiv1.PluginState_PLUGIN_STATE_READY {
			return fmt.Errorf("is %s", plugin.GetState())
		}
		return nil
	})
	return plugin
}

// process is a server in a process of its own, to be killed.
type process struct {
	server
	command *exec.Cmd
	// read is closed when all that the server logged is read.
	read  chan struct{}
	ended bool
}

var addressInLog = regexp.MustCompile(`"?address"?[=:]"?(127\.0\.0\.1:[0-9]+)`)

// startProcess starts the real binary and waits until it serves.
func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	log := &logBuffer{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the server:\n%s", log.String())
		}
	})
	return launch{programs: binaries, dir: dir, log: log, arguments: []string{
		"--retry-first", "20ms", "--retry-longest", "100ms", "--attempt-timeout", "10s",
	}}.start(t)
}

// TestServerKilled: kill -9 of the server in mid-flow leaves no orphan; after a
// restart everything that was answered OK arrives, once (promises P1, P2 and P3).
func TestServerKilled(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
	base := stand.Start(t)
	dir := t.TempDir()
	p := startProcess(t, dir)
	acme := p.merchant("acme")
	p.readyPlugin()
	p.connect(acme, base)
	accepted := map[string]map[string]any{}
	for round := range 3 {
		plugin := p.readyPlugin().GetPid()
		killed := make(chan struct{})
		submitted := make(chan struct{})
		go func() {
			defer close(killed)
			<-submitted
			p.end()
		}()
		for i := range 200 {
			if i == 30+20*round {
				close(submitted)
			}
			number := fmt.Sprintf("1Z999AA1%02d%08d", round, i)
			_, err := p.intake.SubmitTracking(t.Context(), &apiv1.SubmitTrackingRequest{
				Parent: acme,
				Shipment: &commercev1.Shipment{
					OrderId: fmt.Sprintf("A-%d", i), Parcels: []*commercev1.Parcel{parcel(number)},
				},
			})
			if err != nil {
				if status.Code(err) != codes.Unavailable {
					t.Fatalf("submit: %v", err)
				}
				break
			}
			accepted[number] = map[string]any{"order_id": fmt.Sprintf("A-%d", i)}
		}
		<-killed
		p.await("the plugin to end with its host", func() error {
			if err := syscall.Kill(int(plugin), 0); !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("plugin process %d is still there: %w", plugin, err)
			}
			return nil
		})
		p = startProcess(t, dir)
	}
	for number := range accepted {
		p.awaitDelivered(acme, number)
	}
	there := map[string]bool{}
	for _, tracking := range stand.Trackings() {
		if there[tracking.Number] {
			t.Errorf("%s is there twice", tracking.Number)
		}
		there[tracking.Number] = true
	}
	for number := range accepted {
		if !there[number] {
			t.Errorf("%s was answered OK and is not there", number)
		}
	}
}

// TestSecondServerOnTheSameStore is refused with a text that says why.
func TestSecondServerOnTheSameStore(t *testing.T) {
	t.Parallel()
	s := start(t)
	command := exec.CommandContext(t.Context(), filepath.Join(binaries, "spurline"), "serve",
		"--listen", "127.0.0.1:0", "--metrics-listen", "off", "--data-dir", s.dir, "--plugin-dir", binaries)
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "another process has the store open") {
		t.Errorf("got %v and %s", err, out)
	}
}

// TestSigtermDrains: SIGTERM ends the server with exit code 0.
func TestSigtermDrains(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir())
	p.stop()
}
