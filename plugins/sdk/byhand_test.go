package sdk_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestByHand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary := filepath.Join(dir, "spurline-plugin-printing")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./internal/printing")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for name, text := range map[string]string{
		"good.yaml":     "secrets:\n  api_key: canary-4711\nremote: {setting: base_url}\n",
		"bad.json":      `{"secrets": {"api_key": "bad"}}`,
		"unknown.yaml":  "settings: {colour: true}\nsecrets: {api_key: x}\n",
		"neither.yaml":  "api_key: canary-4711\n",
		"broken.yaml":   "secrets: canary-4711\n",
		"unended.yaml":  "settings: {}\nsecrets:\n  api_key: \"canary-4711\n",
		"misspelt.yaml": "setings: {a: b}\nsecrets: {api_key: canary-4711}\n",
		"tracking.json": `{"orderId": "A-1", "parcel": {"trackingNumber": "1Z"}}`,
		"order.json":    `{"orderId": "A-1"}`,
		"typo.json":     `{"orderID": "A-1", "parcle": {}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, args, stdin string
		code              int
		stdout, stderr    string
	}{
		{"help", "--help", "", 0, "preview  [--settings FILE]", ""},
		{"no such verb", "chekc", "", 1, "", `there is no "chekc"`},
		{"check", "check --settings good.yaml", "", 0, "OK: account \"a-1\" (Printers)\n  note: The paper is low.\n", ""},
		{"check from standard input", "check", "secrets: {api_key: bad}", 1, "FAULTY", ""},
		{"check of JSON", "check --settings bad.json", "", 1, "  api_key: KEY_REFUSED: Enter a better one.\n", ""},
		{"check by the kit", "check --settings unknown.yaml", "", 1, "  colour: SETTING_UNKNOWN: ", ""},
		{"check without keys", "check --settings neither.yaml", "", 1, "", `neither the key "settings" nor "secrets"`},
		{"check of a broken file", "check --settings broken.yaml", "", 1, "", "broken.yaml, line 1, is not YAML or JSON"},
		{"check of half a file", "check --settings unended.yaml", "", 1, "", "unended.yaml, line "},
		{
			"check with a misspelt key", "check --settings misspelt.yaml", "", 1, "",
			`misspelt.yaml: there is no key "setings"; the keys are settings and secrets`,
		},
		{"check of no file", "check --settings none.yaml", "", 1, "", "none.yaml"},
		{"check with an argument", "check canary-4711", "", 1, "", "unexpected argument"},
		{"check with another flag", "check --key x", "", 1, "", "-settings FILE"},
		{
			"preview", "preview --settings good.yaml --tracking tracking.json", "", 0,
			"PRINT lpt1:\n[secret] 1Z\n", "",
		},
		{
			"preview from standard input", "preview --settings good.yaml --tracking -", `{"parcel":{"trackingNumber":"2"}}`,
			0, "PRINT", "",
		},
		{
			"preview that fails", "preview --settings good.yaml --tracking -", `{"parcel":{}}`, 1, "",
			"no number to print with [secret]",
		},
		{"preview of both", "preview --tracking - --order -", "", 1, "", "either --tracking FILE or --order FILE"},
		{"preview of one input", "preview --tracking -", "", 1, "", "only one of the files"},
		{"preview of a typo", "preview --settings good.yaml --tracking typo.json", "", 1, "", "typo.json"},
		{
			"preview that there is not", "preview --settings good.yaml --order order.json", "", 1, "",
			"the plugin has no preview of this kind",
		},
		{"serve for all", "serve --listen 0.0.0.0:0", "", 1, "", "not on loopback"},
		{"serve nowhere", "serve --listen here", "", 1, "", "no HOST:PORT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), binary, strings.Fields(test.args)...)
			command.Dir, command.Stdin = dir, strings.NewReader(test.stdin)
			stdout, stderr, code := run(t, command)
			if code != test.code || !strings.Contains(stdout, test.stdout) || !strings.Contains(stderr, test.stderr) {
				t.Errorf("%d\n%s\n%s", code, stdout, stderr)
			}
			if test.stdout == "" && stdout != "" {
				t.Errorf("on stdout: %s", stdout)
			}
			if strings.Contains(stdout+stderr, "canary") && !strings.Contains(test.args, "canary") {
				t.Errorf("the secret is in the output:\n%s\n%s", stdout, stderr)
			}
		})
	}
	for _, args := range [][]string{{"--attach"}, {"serve"}, {"serve", "--listen", "127.0.0.1:0"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			attachTo(t, exec.Command(binary, args...)) //nolint:noctx // A signal ends it.
		})
	}
}

// attachTo is a host that attaches by the line that the process prints, as go-plugin
// does it, and then ends the process with Ctrl-C.
func attachTo(t *testing.T, command *exec.Cmd) {
	t.Helper()
	printed, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = command.Process.Kill() }()
	var attachment string
	for lines := bufio.NewScanner(printed); attachment == "" && lines.Scan(); {
		_, attachment, _ = strings.Cut(lines.Text(), "  spurline serve --development --dev-attach printing=")
	}
	parts := strings.SplitN(attachment, ":", 3)
	if len(parts) != 3 || parts[0] != "grpc" {
		t.Fatalf("attachment %q", attachment)
	}
	var address net.Addr = &net.UnixAddr{Net: "unix", Name: parts[2]}
	if parts[1] == "tcp" {
		if address, err = net.ResolveTCPAddr("tcp", parts[2]); err != nil {
			t.Fatal(err)
		}
	}
	client := goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: goplugin.HandshakeConfig{ProtocolVersion: pluginv1.ProtocolVersion},
		Plugins:         goplugin.PluginSet{"extra_interface": &hostShim{}},
		Reattach: &goplugin.ReattachConfig{
			Protocol: goplugin.ProtocolGRPC, ProtocolVersion: pluginv1.ProtocolVersion, Addr: address, Test: true,
		},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
	})
	defer client.Kill()
	protocol, err := client.Client()
	if err != nil {
		t.Fatal(err)
	}
	if err := protocol.Ping(); err != nil {
		t.Errorf("ping: %v", err)
	}
	raw, err := protocol.Dispense("extra_interface")
	if err != nil {
		t.Fatal(err)
	}
	conn, ok := raw.(*grpc.ClientConn)
	if !ok {
		t.Fatalf("dispensed %T", raw)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	described, err := pluginv1.NewExtraInterfaceServiceClient(conn).Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil || described.GetDescription().GetName() != "printing" {
		t.Errorf("%v, %v", described, err)
	}
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
	if _, err := os.Stat(parts[2]); parts[1] == "unix" && !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}
