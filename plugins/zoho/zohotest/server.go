package zohotest

import (
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// Root is where the API begins; the accounts server is at the base URL itself.
const Root = "/inventory/v1"

// Server is the stand-in, an http.Handler. All methods may be called at once.
type Server struct {
	clock            func() time.Time
	unlimited        bool
	rules            map[Rule]Refusal
	tokenErrorStatus int
	searchDelay      time.Duration
	taxRounding      TaxRounding
	fieldLimits      map[string]int
	routes           []route
	apiDomain        string
	watch            func(Exchange)
	watchWrites      func(Exchange)

	release *standin.Release

	mu            sync.Mutex
	organisations []*organisation
	clients       map[string]*Client
	tokens        []*token
	asked         map[string][]time.Time
	serialToken   int
	quirks        map[Quirk]bool
	ids           int64
	calls         int
	script        standin.Script[*Server]
	journal       []Exchange
	counters      map[string]*counter
}

// New makes a stand-in with one organisation and one client, the documented limits
// and the system clock. It has no items.
func New(options ...Option) *Server {
	s := &Server{
		clock:            time.Now,
		rules:            defaultRefusals(),
		tokenErrorStatus: 200,
		fieldLimits:      map[string]int{},
		routes:           routes(),
		release:          standin.NewRelease(),
		clients:          map[string]*Client{},
		asked:            map[string][]time.Time{},
		quirks:           map[Quirk]bool{},
		counters:         map[string]*counter{},
	}
	WithOrganisations(Organisation{})(s)
	WithClients(defaultClient())(s)
	for _, o := range options {
		o(s)
	}
	return s
}

// Start serves the stand-in on a loopback port until the test ends and returns its
// base URL: that of the accounts server, and with Root that of the API.
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

// organisation finds one by id; nil if there is none.
func (s *Server) organisation(id string) *organisation {
	for _, o := range s.organisations {
		if o.ID == id {
			return o
		}
	}
	return nil
}
