package connections_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/connections"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/seal"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// markSealer marks values with their context instead of encrypting them, and
// opens only what has the mark.
type markSealer struct{ key string }

func (m markSealer) mark(context []byte) []byte {
	return fmt.Appendf(nil, "sealed with %s for %s:", m.key, context)
}

func (m markSealer) Seal(plaintext, context []byte) ([]byte, error) {
	return append(m.mark(context), plaintext...), nil
}

func (m markSealer) Open(sealed, context []byte) ([]byte, error) {
	plaintext, ok := bytes.CutPrefix(sealed, m.mark(context))
	if !ok {
		return nil, fmt.Errorf("%w with %s", seal.ErrUnreadable, m.key)
	}
	return plaintext, nil
}

// world is a ConnectionService with a merchant "acme" and the plugins
// "aftership", which is READY, and "zoho", which never ran.
type world struct {
	t       *testing.T
	store   *sqlite.Store
	plugins *apitest.Plugins
	vault   *connections.Vault
	client  apiv1.ConnectionServiceClient
	// hidden is a merchant that lists over all do not show.
	hidden string
	log    lineLog
	// wrote is what the service told last that it had written.
	wrote atomic.Pointer[store.Connection]
}

const (
	theName   = "merchants/acme/connections/tracking"
	theSecret = "0123456789-the-api-key"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: apitest.Store(t), plugins: apitest.NewPlugins(apitest.Description())}
	w.plugins.Set(pluginhost.Status{Name: "zoho", State: pluginhost.Backoff, Reason: "exit status 2"})
	w.serve("first key")
	w.merchant("acme")
	return w
}

// serve starts a service that seals with the key.
func (w *world) serve(key string) {
	w.t.Helper()
	w.vault = connections.NewVault(markSealer{key})
	service := connections.New(connections.Options{
		Store: w.store, Plugins: w.plugins, Vault: w.vault, Pages: paging.New([]byte("key")),
		Logger:  w.logger(),
		Visible: func(_ context.Context, id string) bool { return id != w.hidden },
		Wrote:   func(c store.Connection) { w.wrote.Store(&c) },
	})
	w.client = apiv1.NewConnectionServiceClient(apitest.Serve(w.t, func(server grpc.ServiceRegistrar) {
		apiv1.RegisterConnectionServiceServer(server, service)
	}))
}

// logger writes to the log of the test.
func (w *world) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&w.log, nil)) }

// lineLog is what was logged. It may be written to side by side.
type lineLog struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write is for slog.
func (l *lineLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lineLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (w *world) merchant(id string) {
	w.t.Helper()
	now := time.Now()
	_, err := w.store.CreateMerchant(w.t.Context(), store.Merchant{ID: id, Title: id, CreateTime: now, UpdateTime: now})
	if err != nil {
		w.t.Fatal(err)
	}
}

// request asks for the connection of the tests, changed as the test wants.
func request(change ...func(*apiv1.CreateConnectionRequest)) *apiv1.CreateConnectionRequest {
	r := &apiv1.CreateConnectionRequest{
		Parent: "merchants/acme", ConnectionId: "tracking",
		Connection: &apiv1.Connection{
			Plugin: "aftership", Title: "AfterShip of Acme",
			Settings: map[string]string{"api_generation": "v4"},
			Secrets:  map[string]string{"api_key": theSecret},
		},
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func (w *world) create(change ...func(*apiv1.CreateConnectionRequest)) *apiv1.Connection {
	w.t.Helper()
	response, err := w.client.CreateConnection(w.t.Context(), request(change...))
	if err != nil {
		w.t.Fatal(err)
	}
	return response.GetConnection()
}

func (w *world) get() *apiv1.Connection {
	w.t.Helper()
	response, err := w.client.GetConnection(w.t.Context(), &apiv1.GetConnectionRequest{Name: theName})
	if err != nil {
		w.t.Fatal(err)
	}
	return response.GetConnection()
}

// stored reads the connection as it is kept.
func (w *world) stored() store.Connection {
	w.t.Helper()
	merchant, err := w.store.MerchantByID(w.t.Context(), "acme")
	if err != nil {
		w.t.Fatal(err)
	}
	connection, err := w.store.ConnectionByID(w.t.Context(), merchant.Key, "tracking")
	if err != nil {
		w.t.Fatal(err)
	}
	return connection
}

func (w *world) secrets() map[string]string {
	w.t.Helper()
	secrets, err := w.vault.OpenSecrets(w.stored())
	if err != nil {
		w.t.Fatal(err)
	}
	return secrets
}

// unchanged checks that the connection is what it was.
func (w *world) unchanged(before *apiv1.Connection) {
	w.t.Helper()
	if after := w.get(); !proto.Equal(before, after) {
		w.t.Errorf("connection = %v, was %v", after, before)
	}
}

// answer has the plugin answer tests, and returns where it puts what it was
// asked.
func (w *world) answer(response *pluginv1.CheckConnectionResponse, err error) *pluginv1.CheckConnectionRequest {
	asked := &pluginv1.CheckConnectionRequest{}
	w.plugins.Check = func(request *pluginv1.CheckConnectionRequest) (*pluginv1.CheckConnectionResponse, error) {
		proto.Reset(asked)
		proto.Merge(asked, request)
		return response, err
	}
	return asked
}
