package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/config"
)

// nodePlugin builds the Node plugin, from an export alone, into a folder of its own.
func nodePlugin(t *testing.T) (folder string) {
	t.Helper()
	node := need(t, "node", "install Node.js, on Debian \"apt-get install nodejs npm\"")
	source, err := filepath.Abs(filepath.Join("..", "..", "plugins", "nodehook"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(source, "node_modules")); err != nil {
		how := "run \"npm ci --ignore-scripts\" in plugins/nodehook"
		if os.Getenv("CI") != "" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	exported, folder := t.TempDir(), t.TempDir()
	for _, command := range []*exec.Cmd{
		exec.CommandContext(t.Context(), filepath.Join(binaries, "spurline"), "proto", "export", exported),
		exec.CommandContext(t.Context(), node, filepath.Join(source, "build.mjs"), exported,
			filepath.Join(folder, "spurline-plugin-nodehook")),
	} {
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	return folder
}

// TestNodePlugin: a plugin in another language copies an order and its tracking, is
// killed, and goes on.
func TestNodePlugin(t *testing.T) {
	t.Parallel()
	folder := nodePlugin(t)
	var mu sync.Mutex
	came, traced := map[string]int{}, map[string]string{}
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body struct {
			Record struct {
				OrderID string `json:"order_id"`
				Parcel  struct {
					TrackingNumber string `json:"tracking_number"`
				} `json:"parcel"`
			} `json:"record"`
		}
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer canary-4711" ||
			json.NewDecoder(r.Body).Decode(&body) != nil {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		what := body.Record.OrderID + " " + body.Record.Parcel.TrackingNumber
		came[what]++
		traced[what] = r.Header.Get("traceparent")
	}))
	defer hook.Close()
	s := start(t, func(c *config.Config) {
		c.PluginDirs = append(c.PluginDirs, folder)
		c.PluginsWithoutTLS = []string{"nodehook"}
	})
	s.await("the Node plugin", func() error { return s.app.AwaitPlugin(t.Context(), "nodehook") })
	acme := s.merchant("acme")
	created, err := s.connections.CreateConnection(t.Context(), &apiv1.CreateConnectionRequest{
		Parent: acme, ConnectionId: "hook", Connection: &apiv1.Connection{
			Plugin: "nodehook", Settings: map[string]string{"url": hook.URL}, Secrets: map[string]string{"token": "canary-4711"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	tested, err := s.connections.TestConnection(t.Context(), &apiv1.TestConnectionRequest{
		Name: created.GetConnection().GetName(),
	})
	if err != nil || tested.GetCheckState() != apiv1.CheckState_CHECK_STATE_PASSED {
		t.Errorf("test of the connection: %s, %v", tested, err)
	}
	arrived := func(what string) {
		t.Helper()
		s.await(what, func() error {
			mu.Lock()
			defer mu.Unlock()
			if came[what] != 1 {
				return fmt.Errorf("%q came %d times", what, came[what])
			}
			return nil
		})
	}
	_, err = s.intake.SubmitOrder(tracedBy(t.Context(), 1), &apiv1.SubmitOrderRequest{
		Parent: acme, Order: order("N-1", "shopify", "DE"),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.submitTracking(acme, "N-1", parcel(numberOne))
	arrived("N-1 ")
	arrived("N-1 " + numberOne)
	s.awaitDelivered(acme, numberOne)
	mu.Lock()
	if traced["N-1 "] != traceparent(1) || traced["N-1 "+numberOne] != "" {
		t.Errorf("what came is of the traces %q", traced)
	}
	mu.Unlock()

	plugin, err := s.plugins.GetPlugin(t.Context(), &apiv1.GetPluginRequest{Name: "plugins/nodehook"})
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(plugin.GetPlugin().GetPid()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.submitTracking(acme, "N-2", parcel(numberTwo))
	arrived("N-2 " + numberTwo)
	s.stop()
	wantNowhere(t, "the log of the server", s.log.String(), "canary-4711")
}

// TestPluginWithoutTLS: a plugin that cannot do one-time TLS is refused until the
// operator has named it, and told so.
func TestPluginWithoutTLS(t *testing.T) {
	t.Parallel()
	folder := nodePlugin(t)
	s := start(t, func(c *config.Config) { c.PluginDirs = append(c.PluginDirs, folder) })
	err := s.app.AwaitPlugin(t.Context(), "nodehook")
	if err == nil || !strings.Contains(err.Error(), "plugin_without_tls") {
		t.Errorf("%v, want a word about plugin_without_tls", err)
	}
}
