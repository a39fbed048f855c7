package aftershiptest

import (
	"crypto/rand"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// Server is the stand-in, an http.Handler. All methods may be called at once.
type Server struct {
	clock          func() time.Time
	couriers       []Courier
	unlimited      bool
	ceilings       map[string]int
	dailyQuota     int
	retryAfter     bool
	duplicateShape DuplicateShape
	undetected     int
	watch          func(Exchange)
	watchWrites    func(Exchange)

	release *standin.Release

	mu        sync.Mutex
	keys      map[string]Key
	trackings []*Tracking
	created   int
	// start tells the ids of this stand-in from those of others.
	start   string
	calls   int
	windows map[string]*window
	quotas  map[string]*quota
	script  standin.Script[*Server]
	journal []Exchange
}

// New makes a stand-in with the four keys, the default couriers, the documented
// rate limits and the system clock.
func New(options ...Option) *Server {
	s := &Server{
		clock:      time.Now,
		couriers:   DefaultCouriers(),
		ceilings:   map[string]int{},
		undetected: 2,
		start:      rand.Text(),
		release:    standin.NewRelease(),
		windows:    map[string]*window{},
		quotas:     map[string]*quota{},
	}
	WithKeys(defaultKeys()...)(s)
	for _, o := range options {
		o(s)
	}
	return s
}

// Start serves the stand-in on a loopback port until the test ends and returns
// its base URL.
func (s *Server) Start(tb testing.TB) string {
	tb.Helper()
	listening := httptest.NewServer(s)
	tb.Cleanup(func() {
		s.Release()
		listening.Close()
	})
	return listening.URL
}

// Release ends all hanging answers, now and later.
func (s *Server) Release() { s.release.Now() }

// SetKey adds a key or changes what it may do, as a merchant does in the web
// page.
func (s *Server) SetKey(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[k.Value] = k
}

// RevokeKey takes a key away.
func (s *Server) RevokeKey(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, value)
}
