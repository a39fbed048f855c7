package sdkproof

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// generations are those that a pinned library speaks.
func generations() []aftershiptest.Generation {
	return []aftershiptest.Generation{aftershiptest.V202507, aftershiptest.V202607}
}

const howToGet = "AfterShip's Node library is not installed: have node and run " +
	"npm ci --prefix plugins/aftership/sdkproof"

// needLibrary skips the test without node or the library, and fails it in CI.
func needLibrary(t *testing.T) {
	t.Helper()
	_, missing := exec.LookPath("node")
	for _, g := range generations() {
		if missing == nil {
			_, missing = os.Stat(filepath.Join("node_modules", "tracking-sdk-"+string(g), "package.json"))
		}
	}
	switch {
	case missing == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s: %v", howToGet, missing)
	default:
		t.Skip(howToGet)
	}
}

// call is one method of the library with its arguments.
type call struct {
	Group     string `json:"group"`
	Method    string `json:"method"`
	Arguments []any  `json:"arguments"`
}

func createTracking(body any) call {
	return call{Group: "tracking", Method: "createTracking", Arguments: []any{body}}
}

// result is what the library returned or threw.
type result struct {
	Data  map[string]any `json:"data"`
	Error *struct {
		Code       string `json:"code"`
		MetaCode   int    `json:"meta_code"`
		StatusCode int    `json:"status_code"`
		Message    string `json:"message"`
	} `json:"error"`
}

// code is the library's error code, empty for a success.
func (r result) code() string {
	if r.Error == nil {
		return ""
	}
	return r.Error.Code
}

// session is how the library is set up.
type session struct {
	generation aftershiptest.Generation
	base, key  string
	// timeout of a call; long if zero, as the machine may be busy.
	timeout time.Duration
}

// run has the library make calls, one after the other.
func (s session) run(t *testing.T, calls ...call) []result {
	t.Helper()
	if s.timeout == 0 {
		s.timeout = time.Minute
	}
	order, err := json.Marshal(map[string]any{
		"sdk": s.generation, "domain": s.base, "api_key": s.key, "timeout": s.timeout.Milliseconds(), "calls": calls,
	})
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	node := exec.CommandContext(t.Context(), "node", "client.js")
	node.Stdin, node.Stdout, node.Stderr = bytes.NewReader(order), &out, &errs
	if err := node.Run(); err != nil {
		t.Fatalf("node: %v\n%s", err, errs.String())
	}
	var results []result
	if err := json.Unmarshal(out.Bytes(), &results); err != nil || len(results) != len(calls) {
		t.Fatalf("node printed %q: %v", out.String(), err)
	}
	return results
}

// modelFields reads the field names of one of the library's models.
func modelFields(t *testing.T, g aftershiptest.Generation, model string) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("node_modules", "tracking-sdk-"+string(g), "dist", "model", model+".d.ts"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, match := range regexp.MustCompile(`(?m)^    ([a-z_]+)\??:`).FindAllSubmatch(raw, -1) {
		names = append(names, string(match[1]))
	}
	slices.Sort(names)
	return names
}
