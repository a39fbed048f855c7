package app_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// need returns the path of a program that a test cannot do without. On a
// developer's machine its lack skips the test, in CI it fails.
func need(t *testing.T, path, how string) string {
	t.Helper()
	found, err := exec.LookPath(path)
	if err == nil {
		if found, err = filepath.Abs(found); err == nil {
			return found
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: %s", path, how)
	}
	t.Skipf("%s is missing: %s", path, how)
	return ""
}

// TestErrorsInGrpcurl: the real grpcurl prints the details of an error decoded,
// lists the services by reflection, and finds a story by a tracking number alone.
func TestErrorsInGrpcurl(t *testing.T) {
	t.Parallel()
	grpcurl := need(t, filepath.Join("..", "..", ".tmp", "bin", "grpcurl"), "run \"make tools\"")
	s := start(t)
	acme := s.merchant("acme")
	s.submitTracking(acme, "A-1", parcel(numberOne))
	run := func(data, method string) string {
		args := []string{"-plaintext"}
		if data != "" {
			args = append(args, "-d", data)
		}
		out, err := exec.CommandContext(t.Context(), grpcurl, append(args, s.app.Address(), method)...).CombinedOutput()
		t.Logf("grpcurl %s: %v\n%s", method, err, out)
		return string(out)
	}
	want := func(where, text string, parts ...string) {
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%s does not contain %q", where, part)
			}
		}
	}
	want("the list", run("", "list"), "spurline.api.v1.IntakeService", "grpc.health.v1.Health")
	want("the error", run(`{"parent":"merchants/acme","order":{"order_id":"A-1","line_items":[{"quantity":"x"}]}}`,
		"spurline.api.v1.IntakeService/SubmitOrder"),
		"InvalidArgument", "google.rpc.ErrorInfo", "INVALID_FIELD", "google.rpc.BadRequest", "order.line_items[0].quantity")
	want("the story", run(`{"parent":"merchants/-","tracking_number":"1z999aa10123456784"}`,
		"spurline.api.v1.OrderService/Explain"), "A-1", "merchants/acme")
}

// TestNodeClient: a client in another language, made from `spurline proto export`
// alone, submits an order and its tracking.
func TestNodeClient(t *testing.T) {
	t.Parallel()
	node := need(t, "node", "install Node.js, on Debian \"apt-get install nodejs npm\"")
	client, err := filepath.Abs(filepath.Join("..", "schema", "nodeclient"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(client, "node_modules")); err != nil {
		how := "run \"npm ci\" in server/schema/nodeclient"
		if os.Getenv("CI") != "" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	exported := t.TempDir()
	if out, err := exec.CommandContext(t.Context(),
		filepath.Join(binaries, "spurline"), "proto", "export", exported).CombinedOutput(); err != nil {
		t.Fatalf("proto export: %v\n%s", err, out)
	}
	s := start(t)
	command := exec.CommandContext(t.Context(), node, "client.mjs", s.app.Address(), exported)
	command.Dir = client
	out, err := command.Output()
	if err != nil {
		t.Fatalf("node client: %v\n%s", err, out)
	}
	if !json.Valid(out) {
		t.Errorf("the client did not print JSON:\n%s", out)
	}
	if !strings.Contains(string(out), "SUBMIT_RESULT_CREATED") {
		t.Errorf("the client's order was not created:\n%s", out)
	}
}
