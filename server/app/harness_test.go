package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/config"
)

// binaries is the folder with the real programs, built once for all tests.
var binaries string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "spurline-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binaries = dir
	for _, program := range []string{
		"./plugins/aftership/cmd/spurline-plugin-aftership", "./server/cmd/spurline",
		"./plugins/aftership/aftershiptest/cmd/aftershiptest", "./plugins/webhook/cmd/spurline-plugin-webhook",
		"./plugins/zoho/cmd/spurline-plugin-zoho", "./plugins/zoho/zohotest/cmd/zohotest",
		"./server/pluginhost/internal/testplugin",
	} {
		build := exec.CommandContext(context.Background(), "go", "build", "-o", dir, program)
		build.Dir = filepath.Join("..", "..")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build %s: %v\n%s", program, err, out)
			return 1
		}
	}
	return m.Run()
}

// server is a running server with clients of its API, in a folder of its own.
type server struct {
	t    testing.TB
	app  *app.App
	dir  string
	log  *logBuffer
	stop func()

	conn        *grpc.ClientConn
	intake      apiv1.IntakeServiceClient
	merchants   apiv1.MerchantServiceClient
	connections apiv1.ConnectionServiceClient
	orders      apiv1.OrderServiceClient
	deliveries  apiv1.DeliveryServiceClient
	plugins     apiv1.PluginServiceClient
}

// settings are those of a test: any port, and retries that come soon.
func settings(dir string) config.Config {
	c := config.Defaults()
	c.Listen = "127.0.0.1:0"
	c.MetricsListen = "127.0.0.1:0"
	c.DataDir = dir
	c.PluginDirs = []string{binaries}
	c.RetryFirst = 20 * time.Millisecond
	c.RetryLongest = 100 * time.Millisecond
	c.AttemptTimeout = 10 * time.Second
	return c
}

// start starts a server and waits for its plugin. It is stopped with the test.
func start(tb testing.TB, change ...func(*config.Config)) *server {
	tb.Helper()
	return startIn(tb, tb.TempDir(), change...)
}

func startIn(tb testing.TB, dir string, change ...func(*config.Config)) *server {
	tb.Helper()
	return startWith(tb, "aftership", dir, change...)
}

// startWith is startIn for a server with another plugin.
func startWith(tb testing.TB, plugin, dir string, change ...func(*config.Config)) *server {
	tb.Helper()
	c := settings(dir)
	for _, f := range change {
		f(&c)
	}
	s := &server{t: tb, dir: dir, log: &logBuffer{}}
	running, err := app.New(tb.Context(), app.Options{Config: c, Log: s.log})
	if err != nil {
		tb.Fatal(err)
	}
	s.app = running
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- running.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("server: %v", err)
		}
	})
	tb.Cleanup(func() {
		s.stop()
		if tb.Failed() {
			tb.Logf("log of the server:\n%s", s.log.String())
		}
	})
	s.await("the plugin", func() error { return running.AwaitPlugin(tb.Context(), plugin) })
	s.dial(running.Address())
	return s
}

func (s *server) dial(address string, options ...grpc.DialOption) {
	s.t.Helper()
	if len(options) == 0 {
		options = []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	}
	conn, err := grpc.NewClient(address, options...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	s.conn = conn
	s.intake = apiv1.NewIntakeServiceClient(conn)
	s.merchants = apiv1.NewMerchantServiceClient(conn)
	s.connections = apiv1.NewConnectionServiceClient(conn)
	s.orders = apiv1.NewOrderServiceClient(conn)
	s.deliveries = apiv1.NewDeliveryServiceClient(conn)
	s.plugins = apiv1.NewPluginServiceClient(conn)
}

// patience bounds every wait of these tests. It is no promise of speed: a machine
// under load must not fail them.
const patience = time.Minute

// await asks until the answer is no error.
func (s *server) await(what string, ask func() error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("%s: %v", what, err)
		case <-tick.C:
		}
	}
}

// merchant makes a merchant.
func (s *server) merchant(id string) string {
	s.t.Helper()
	answer, err := s.merchants.CreateMerchant(s.t.Context(), &apiv1.CreateMerchantRequest{MerchantId: id})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.GetMerchant().GetName()
}

// connect connects a merchant to a stand-in.
func (s *server) connect(merchant, base string, change ...func(*apiv1.Connection)) *apiv1.Connection {
	s.t.Helper()
	connection := &apiv1.Connection{
		Plugin:   "aftership",
		Settings: map[string]string{"base_url": base},
		Secrets:  map[string]string{"api_key": aftershiptest.ValidKey},
	}
	for _, f := range change {
		f(connection)
	}
	answer, err := s.connections.CreateConnection(s.t.Context(), &apiv1.CreateConnectionRequest{
		Parent: merchant, ConnectionId: "aftership", Connection: connection,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.GetConnection()
}

// parcel returns a parcel with a number.
func parcel(number string) *commercev1.Parcel {
	return &commercev1.Parcel{
		TrackingNumber: number, Carrier: proto.String("UPS"), ShipDate: proto.String("2026-11-20"),
	}
}

func order(id, source, country string) *commercev1.Order {
	return &commercev1.Order{
		OrderId: id, OrderSource: proto.String(source),
		ShipTo: &commercev1.Address{CountryCode: proto.String(country)},
	}
}

func (s *server) submitOrder(merchant string, order *commercev1.Order) *apiv1.SubmitOrderResponse {
	s.t.Helper()
	answer, err := s.intake.SubmitOrder(s.t.Context(), &apiv1.SubmitOrderRequest{Parent: merchant, Order: order})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}

func (s *server) submitTracking(
	merchant, orderID string, parcels ...*commercev1.Parcel,
) *apiv1.SubmitTrackingResponse {
	s.t.Helper()
	answer, err := s.intake.SubmitTracking(s.t.Context(), &apiv1.SubmitTrackingRequest{
		Parent: merchant, Shipment: &commercev1.Shipment{OrderId: orderID, Parcels: parcels},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer
}

// delivery returns the last delivery of a tracking number.
func (s *server) delivery(merchant, number string) (*apiv1.Delivery, error) {
	answer, err := s.deliveries.ListDeliveries(s.t.Context(), &apiv1.ListDeliveriesRequest{
		Parent: merchant, TrackingNumber: number, PageSize: 1,
	})
	if err != nil {
		return nil, err
	}
	if len(answer.GetDeliveries()) == 0 {
		return nil, errors.New("no delivery of " + number)
	}
	return answer.GetDeliveries()[0], nil
}

// awaitState waits until the last delivery of a number is in a state.
func (s *server) awaitState(merchant, number string, state apiv1.DeliveryState) *apiv1.Delivery {
	s.t.Helper()
	var last *apiv1.Delivery
	s.await("delivery of "+number, func() error {
		delivery, err := s.delivery(merchant, number)
		if err != nil {
			return err
		}
		if delivery.GetState() != state {
			return fmt.Errorf("is %s (%s: %s), want %s",
				delivery.GetState(), delivery.GetReason(), delivery.GetHint(), state)
		}
		last = delivery
		return nil
	})
	return last
}

func (s *server) awaitDelivered(merchant string, numbers ...string) {
	s.t.Helper()
	for _, number := range numbers {
		s.awaitState(merchant, number, apiv1.DeliveryState_DELIVERY_STATE_DELIVERED)
	}
}

// wantRemote fails unless the stand-in has exactly one tracking per number, with
// the given facts.
func wantRemote(t *testing.T, stand *aftershiptest.Server, want map[string]map[string]any) {
	t.Helper()
	have := map[string]aftershiptest.Tracking{}
	for _, tracking := range stand.Trackings() {
		if _, twice := have[tracking.Number]; twice {
			t.Errorf("%s is there twice", tracking.Number)
		}
		have[tracking.Number] = tracking
	}
	for number, facts := range want {
		tracking, ok := have[number]
		if !ok {
			t.Errorf("%s is not there", number)
			continue
		}
		for field, value := range facts {
			got := tracking.Fact(aftershiptest.V202607, field)
			if custom, ok := strings.CutPrefix(field, "custom_fields."); ok {
				got = tracking.CustomField(custom)
			}
			if fmt.Sprint(got) != fmt.Sprint(value) {
				t.Errorf("%s: %s is %v, want %v", number, field, got, value)
			}
		}
		delete(have, number)
	}
	for number := range have {
		t.Errorf("%s is there and was never submitted", number)
	}
}

// logBuffer keeps what is logged.
type logBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write is for the logger.
func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// wantNowhere fails if a secret stands in a text.
func wantNowhere(t *testing.T, where, text, secret string) {
	t.Helper()
	if strings.Contains(text, secret) {
		t.Errorf("the secret stands in %s", where)
	}
}
