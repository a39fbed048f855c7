package conformance

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// mostRequest bounds what a plugin may send in one request.
const mostRequest = 16 << 20

// faultKind is how a request fails.
type faultKind int

const (
	// refuse answers a status in place of the stand-in.
	refuse faultKind = iota
	// reset breaks the connection off in place of an answer.
	reset
	// hang answers nothing until the remote is released; nothing took effect.
	hang
	// lose takes effect and answers nothing until the remote is released.
	lose
	// garble takes effect and answers its status without JSON.
	garble
)

// fault is what happens to requests instead of an answer.
type fault struct {
	kind faultKind
	// status and retryAfter are for refuse.
	status     int
	retryAfter string
	// reads are hit too, not only writes.
	reads bool
	// times is how many requests are hit, 0 for all.
	times int
}

// request is one that the plugin sent.
type request struct {
	at     time.Time
	method string
	path   string
	write  bool
	text   string // Head and body, to look for what should be there.
}

// remote is the scripted extra interface of one check: the suite's journal and
// faults in front of the harness's stand-in.
type remote struct {
	standIn StandIn
	server  *httptest.Server

	released chan struct{}
	release  func()

	mu      sync.Mutex
	faults  []*fault
	journal []request
	// changed is closed and replaced with every request.
	changed chan struct{}
}

func newRemote(standIn StandIn) *remote {
	r := &remote{standIn: standIn, released: make(chan struct{}), changed: make(chan struct{})}
	r.release = sync.OnceFunc(func() { close(r.released) })
	r.server = httptest.NewServer(r)
	return r
}

func (r *remote) url() string { return r.server.URL }

// close ends what hangs and stops serving.
func (r *remote) close() {
	r.release()
	r.server.CloseClientConnections()
	r.server.Close()
}

// script replaces the faults.
func (r *remote) script(faults ...fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = nil
	for _, f := range faults {
		if f.times == 0 {
			f.times = 1 << 30
		}
		r.faults = append(r.faults, &f)
	}
}

// requests returns what came so far.
func (r *remote) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.journal...)
}

// writes returns the requests that change something.
func (r *remote) writes() []request {
	var writes []request
	for _, q := range r.requests() {
		if q.write {
			writes = append(writes, q)
		}
	}
	return writes
}

// awaitWrites returns once so many writes came, or false with the context.
func (r *remote) awaitWrites(ctx context.Context, count int) bool {
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		if len(r.writes()) >= count {
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// ServeHTTP implements http.Handler.
func (r *remote) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, mostRequest))
	if err != nil {
		return // It went away, or sends too much to be a record.
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	write := r.standIn.Writes(q)
	f := r.enter(request{
		at: time.Now(), method: q.Method, path: q.URL.Path, write: write,
		text: q.RequestURI + "\n" + headerText(q.Header) + string(body),
	})
	if f == nil {
		r.standIn.ServeHTTP(w, q)
		return
	}
	r.happen(w, q, f)
}

// enter keeps a request and takes the fault that hits it, nil for none.
func (r *remote) enter(q request) *fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.journal = append(r.journal, q)
	close(r.changed)
	r.changed = make(chan struct{})
	for _, f := range r.faults {
		if f.times > 0 && (q.write || f.reads) {
			f.times--
			return f
		}
	}
	return nil
}

func (r *remote) happen(w http.ResponseWriter, q *http.Request, f *fault) {
	if f.kind == lose || f.kind == garble {
		unseen := httptest.NewRecorder()
		r.standIn.ServeHTTP(unseen, q)
		if f.kind == garble {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(unseen.Code)
			_, _ = io.WriteString(w, "<html>not what you expect")
			return
		}
	}
	switch f.kind {
	case refuse:
		kind, body := r.standIn.Failure(f.status)
		w.Header().Set("Content-Type", kind)
		if f.retryAfter != "" {
			w.Header().Set("Retry-After", f.retryAfter)
		}
		w.WriteHeader(f.status)
		_, _ = io.WriteString(w, body)
	case reset:
		standin.BreakOff(w)
	default:
		select {
		case <-r.released:
		case <-q.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
}

func headerText(h http.Header) string {
	var text bytes.Buffer
	_ = h.Write(&text)
	return text.String()
}

// nobody returns the URL of a port where nobody listens.
func nobody() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // Closed at once.
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return "http://" + listener.Addr().String(), nil
}

// seconds writes Retry-After as a number.
func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
