package aftershiptest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// noon is when the tests' clock starts.
var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// fakeClock is a clock that only moves when told.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *fakeClock { return &fakeClock{now: noon} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// answer is what the stand-in said.
type answer struct {
	status int
	header http.Header
	code   int
	kind   string
	text   string
	data   map[string]any
}

// call sends one request straight into the handler.
func call(t *testing.T, stand http.Handler, method, path, body string, header ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("as-api-key", aftershiptest.ValidKey)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	stand.ServeHTTP(w, r)
	return decode(t, w.Code, w.Header(), w.Body.Bytes())
}

func decode(t *testing.T, status int, header http.Header, raw []byte) answer {
	t.Helper()
	var e struct {
		Meta struct {
			Code    int    `json:"code"`
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"meta"`
		Data map[string]any `json:"data"`
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&e); err != nil {
		t.Fatalf("answer %d %q is no envelope: %v", status, raw, err)
	}
	return answer{status: status, header: header, code: e.Meta.Code, kind: e.Meta.Type, text: e.Meta.Message, data: e.Data}
}

func wantCode(t *testing.T, got answer, status, code int) {
	t.Helper()
	if got.status != status || got.code != code {
		t.Errorf("answer is %d/%d %q, want %d/%d", got.status, got.code, got.text, status, code)
	}
}

const upsNumber = "1Z999AA10123456784"

// create posts a tracking, wrapped as the generation wants it.
func create(t *testing.T, stand http.Handler, g aftershiptest.Generation, tracking string) answer {
	t.Helper()
	return call(t, stand, http.MethodPost, g.Prefix()+"/trackings", wrap(g, tracking))
}

func wrap(g aftershiptest.Generation, tracking string) string {
	switch g {
	case aftershiptest.V4, aftershiptest.V202310, aftershiptest.V202401, aftershiptest.V202404:
		return `{"tracking":` + tracking + `}`
	default:
		return tracking
	}
}

func lastExchange(t *testing.T, stand *aftershiptest.Server) aftershiptest.Exchange {
	t.Helper()
	all := stand.Journal()
	if len(all) == 0 {
		t.Fatal("journal is empty")
	}
	return all[len(all)-1]
}
