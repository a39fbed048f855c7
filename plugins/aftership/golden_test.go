package aftership

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
)

// golden is a request written by hand from the AfterShip API reference.
type golden struct {
	name, method, path, keyHeader string
	body                          any
}

// readGolden reads testdata/requests: blocks of a name, the request line, the
// header of the key and the body.
func readGolden(t *testing.T, generation string) map[string]golden {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "requests", generation+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(raw), "\n=== ")
	if !strings.Contains(head, "AfterShip API reference, section") {
		t.Fatalf("%s does not say what it follows", generation)
	}
	all := map[string]golden{}
	for block := range strings.SplitSeq(rest, "\n=== ") {
		lines := strings.SplitN(block, "\n", 4)
		g := golden{name: lines[0], keyHeader: lines[2]}
		g.method, g.path, _ = strings.Cut(lines[1], " ")
		if err := json.Unmarshal([]byte(lines[3]), &g.body); err != nil {
			t.Fatalf("%s %s: %v", generation, g.name, err)
		}
		all[g.name] = g
	}
	return all
}

// TestGoldenRequests compares, for each generation, what the stand-in receives
// with requests written by hand, and that the stand-in drops nothing of it.
func TestGoldenRequests(t *testing.T) {
	t.Parallel()
	for _, g := range generations() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			wanted := readGolden(t, g.name)
			dated := func(s *Settings) { s.Generation = g.name }
			full := func(s *Settings) {
				dated(s)
				s.SendCustomerContact, s.CourierSlugs = true, "dhl paket = dhl-germany"
			}
			check := func(name string, b *bench) {
				t.Helper()
				if w, ok := wanted[name]; ok {
					w.compare(t, b)
					delete(wanted, name)
				} else {
					t.Errorf("no golden request %q", name)
				}
			}
			six := newBench(t, dated)
			first := six.send(t, germany())
			want(t, first, isDelivered, "")
			check("the six facts", six)
			six.ForgetJournal()
			want(t, six.send(t, after(germany(), first)), isDelivered, "")
			check("an edit of our own tracking", six)

			less := newBench(t, dated)
			want(t, less.send(t, bare(dhlNumber)), isDelivered, "")
			check("what is not known is left out", less)

			more := newBench(t, full)
			want(t, more.send(t, germany()), isDelivered, "")
			check("with a mapped courier and the customer's contact", more)
			for name := range wanted {
				t.Errorf("golden request %q was not made", name)
			}
		})
	}
}

var someID = regexp.MustCompile(`/trackings/[0-9a-f]+$`)

func (g golden) compare(t *testing.T, b *bench) {
	t.Helper()
	journal := b.Journal()
	if len(journal) != 1 {
		t.Fatalf("%s: %d calls, want 1", g.name, len(journal))
	}
	got := journal[0]
	path := someID.ReplaceAllString(got.Path, "/trackings/{id}")
	if got.Method != g.method || path != g.path || got.Dropped != nil {
		t.Errorf("%s: %s %s dropped %q, want %s %s", g.name, got.Method, path, got.Dropped, g.method, g.path)
	}
	for _, header := range []string{"as-api-key", "aftership-api-key"} {
		if has := got.Header.Get(header) == aftershiptest.ValidKey; has != (header == g.keyHeader) {
			t.Errorf("%s: key in %s is %v", g.name, header, has)
		}
	}
	if kind := got.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("%s: Content-Type is %q", g.name, kind)
	}
	var body any
	if err := json.Unmarshal(got.Raw, &body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(g.body, body); diff != "" {
		t.Errorf("%s (-golden +sent):\n%s", g.name, diff)
	}
}

// TestPreviewShowsWhatIsSent compares Preview with the request then made, to the
// letter but for white space.
func TestPreviewShowsWhatIsSent(t *testing.T) {
	t.Parallel()
	for _, g := range generations() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(s *Settings) { s.Generation, s.SendCustomerContact = g.name, true })
			d := germany()
			for range 2 {
				shown, err := b.forwarder.PreviewTracking(d)
				if err != nil || len(shown.Requests) != 1 {
					t.Fatalf("preview is %+v, %v", shown, err)
				}
				b.ForgetJournal()
				r := b.send(t, d)
				want(t, r, isDelivered, "")
				samePreview(t, shown.Requests[0], b)
				d = after(d, r)
			}
		})
	}
}

func samePreview(t *testing.T, shown sdk.PreviewedRequest, b *bench) {
	t.Helper()
	sent := b.Journal()[0]
	if shown.Method != sent.Method || shown.URL != b.base+sent.Path {
		t.Errorf("preview shows %s %s, sent was %s %s", shown.Method, shown.URL, sent.Method, sent.Path)
	}
	var a, c any
	if json.Unmarshal([]byte(shown.Body), &a) != nil || json.Unmarshal(sent.Raw, &c) != nil || !cmp.Equal(a, c) {
		t.Errorf("preview shows %s, sent was %s", shown.Body, sent.Raw)
	}
}
