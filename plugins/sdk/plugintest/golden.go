package plugintest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// update is a flag of every test that imports this package.
var update = flag.Bool("update", false, "write the golden files of plugintest instead of comparing with them")

// unstable are headers that say nothing of the plugin.
var unstable = []string{"Accept-Encoding", "Connection", "Content-Length", "Date", "Host", "Traceparent", "User-Agent"}

// Golden compares requests with those in the file, in which the secrets of the
// host's connections are "[secret]". With the flag -update of "go test" it writes
// the file instead: read what it wrote before you commit it.
func (h *Host) Golden(path string, requests ...Request) {
	h.t.Helper()
	got := h.scrub(formatRequests(requests))
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // Sources are for all.
			h.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // Sources are for all.
			h.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		h.t.Fatalf("there is no golden file %s; write it with: go test -run '^%s$' . -update", path, h.t.Name())
	case err != nil:
		h.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		h.t.Errorf("%s (-golden +sent), if that is as it should be, run the test with -update:\n%s", path, diff)
	}
}

// formatRequests writes requests as a human reads them.
func formatRequests(requests []Request) string {
	var text strings.Builder
	for i, r := range requests {
		if i > 0 {
			text.WriteString("---\n")
		}
		fmt.Fprintf(&text, "%s %s\n", r.Method, r.Target)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			if slices.Contains(unstable, name) {
				continue
			}
			for _, value := range r.Header[name] {
				fmt.Fprintf(&text, "%s: %s\n", name, value)
			}
		}
		if len(r.Body) > 0 {
			fmt.Fprintf(&text, "\n%s\n", formatBody(r.Body))
		}
	}
	return text.String()
}

// formatBody indents JSON and leaves the rest as it is.
func formatBody(body []byte) string {
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		return strings.TrimSuffix(string(body), "\n")
	}
	return strings.TrimSuffix(indented.String(), "\n")
}

// scrub replaces the secrets of the host's connections, also where they are in a
// URL, in JSON or in basic authentication.
func (h *Host) scrub(text string) string {
	h.mu.Lock()
	secrets := slices.Clone(h.secrets)
	h.mu.Unlock()
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range slices.Compact(secrets) {
		quoted, _ := json.Marshal(secret) // A string always has a form.
		for _, form := range []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`),
			base64.StdEncoding.EncodeToString([]byte(secret)),
		} {
			text = strings.ReplaceAll(text, form, "[secret]")
		}
	}
	return scrubBasic(text, secrets)
}

const basicPrefix = "Authorization: Basic "

// scrubBasic replaces credentials of basic authentication that have a secret in
// them: encoded, it does not look like itself.
func scrubBasic(text string, secrets []string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		encoded, basic := strings.CutPrefix(line, basicPrefix)
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if !basic || err != nil {
			continue
		}
		if slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(string(raw), secret) }) {
			lines[i] = basicPrefix + "[secret]"
		}
	}
	return strings.Join(lines, "\n")
}
