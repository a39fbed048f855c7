package contract_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const docs = "../../../docs"

var (
	linked  = regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestGuide: the guide leads to places that there are, and has the facts of the
// handshake right.
func TestGuide(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(docs, "plugins.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	if !strings.Contains(text, "`"+pluginv1.HandshakeCookieKey+"` | the cookie `"+pluginv1.HandshakeCookieValue+"`") {
		t.Error("it has another cookie")
	}
	if pluginv1.MaxCallBytes != 8<<20 || !strings.Contains(text, "up to 8 MiB") {
		t.Error("it has another limit of messages")
	}
	links := linked.FindAllStringSubmatch(text, -1)
	if len(links) < 10 {
		t.Fatalf("found %d links only", len(links))
	}
	for _, link := range links {
		file, anchor := link[1], link[2]
		if file == "" {
			file = "plugins.md"
		}
		path := filepath.Join(docs, file)
		if _, err := os.Stat(path); err != nil {
			t.Errorf("%s: %v", link[0], err)
			continue
		}
		if anchor != "" && !anchors(t, path)[anchor] {
			t.Errorf("%s: there is no such heading", link[0])
		}
	}
}

// anchors are those of the headings of a file.
func anchors(t *testing.T, path string) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, line := range heading.FindAllStringSubmatch(string(raw), -1) {
		found["#"+strings.ReplaceAll(strings.ToLower(line[1]), " ", "-")] = true
	}
	return found
}
