package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// testBinary is the test plugin, built once.
var testBinary string

func TestMain(m *testing.M) {
	if os.Getenv(helperMode) != "" {
		os.Exit(helperHost())
	}
	dir, err := os.MkdirTemp("", "testplugin-")
	if err != nil {
		panic(err)
	}
	testBinary = filepath.Join(dir, "testplugin")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", testBinary, "./internal/testplugin")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build test plugin: %v\n%s", err, out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	if code == 0 {
		if err := goroutinesLeft(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// patience is how long anything in a test may take on a busy machine.
const patience = 30 * time.Second

// goroutinesLeft waits until there is none. What a plugin wrote last may still be on its
// way to the log, and there is much of the flooding one.
func goroutinesLeft() error {
	for until := time.Now().Add(patience); ; {
		err := goleak.Find() // It waits for a second itself.
		if err == nil || time.Now().After(until) {
			return err
		}
	}
}

// bundle is a running host with test plugins.
type bundle struct {
	*Host
	dir   string
	state string
	logs  *syncBuffer
	// options the host was made with.
	options Options
	// stop ends Run and waits for it. Called by the end of the test if not before.
	stop func()

	mu      sync.Mutex
	history []Status
	moved   chan struct{}
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// quick are timings for tests.
func quick() Timings {
	return Timings{
		Start: patience, Kill: 200 * time.Millisecond, Drain: patience,
		BackoffFirst: 10 * time.Millisecond, BackoffMost: 50 * time.Millisecond,
		// What files do is for the tests that are about it.
		Poll: time.Hour,
	}
}

// prepare makes a host with one copy of the test plugin per name. The change
// functions may alter its options.
func prepare(t *testing.T, names []string, changes ...func(*Options)) *bundle {
	t.Helper()
	b := &bundle{dir: t.TempDir(), state: t.TempDir(), logs: &syncBuffer{}, moved: make(chan struct{})}
	for _, name := range names {
		install(t, b.dir, name)
	}
	options := Options{
		Dirs: []string{b.dir}, StateDir: b.state, Timings: quick(),
		Logger:  slog.New(slog.NewTextHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Environ: []string{"PATH=/usr/bin:/bin", "DATABASE_PASSWORD=hunter2"},
	}
	for _, change := range changes {
		change(&options)
	}
	options.observe = b.observe
	host, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	b.Host, b.options = host, options
	return b
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// run is prepare and Run.
func run(t *testing.T, names []string, changes ...func(*Options)) *bundle {
	t.Helper()
	b := prepare(t, names, changes...)
	b.start(t)
	return b
}

func (b *bundle) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		b.stop()
		if t.Failed() {
			t.Logf("log of the host:\n%.20000s", b.logs.String())
		}
	})
}

func install(tb testing.TB, dir, name string) string {
	tb.Helper()
	path := filepath.Join(dir, binaryPrefix+name)
	in, err := os.Open(testBinary)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	// A child that is forked meanwhile would hold the file open, and a test that executes it
	// would fail with "text file busy" (golang/go#22315).
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		tb.Fatal(err)
	}
	if err := out.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

func (b *bundle) observe(status Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.history = append(b.history, status)
	close(b.moved)
	b.moved = make(chan struct{})
}

// await returns the first status in the history that is wanted.
func (b *bundle) await(t *testing.T, wanted func(Status) bool) Status {
	t.Helper()
	timeout := time.After(patience)
	seen := 0
	for {
		b.mu.Lock()
		history, moved := b.history, b.moved
		b.mu.Unlock()
		for ; seen < len(history); seen++ {
			if wanted(history[seen]) {
				return history[seen]
			}
		}
		select {
		case <-moved:
		case <-timeout:
			t.Fatalf("no such status in time; history: %+v", history)
		}
	}
}

// ready waits until the plugin is READY.
func (b *bundle) ready(t *testing.T, name string) Status {
	t.Helper()
	if err := b.AwaitReady(deadline(t), name); err != nil {
		t.Fatal(err)
	}
	status, _ := b.Plugin(name)
	return status
}

func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// batch is a request with a delivery per id.
func batch(ids ...string) *pluginv1.ForwardTrackingRequest {
	request := &pluginv1.ForwardTrackingRequest{}
	for _, id := range ids {
		request.Deliveries = append(request.Deliveries, &pluginv1.TrackingDelivery{
			Header: &pluginv1.DeliveryHeader{DeliveryId: id},
			Record: &pluginv1.TrackingRecord{},
		})
	}
	return request
}

// forward makes a call and returns the ids that got a result.
func (b *bundle) forward(t *testing.T, name string, ids ...string) ([]string, error) {
	t.Helper()
	var got []string
	err := b.ForwardTracking(deadline(t), name, batch(ids...), func(result *pluginv1.DeliveryResult) {
		got = append(got, result.GetDeliveryId())
	})
	return got, err
}

func TestHostCallsPlugin(t *testing.T) {
	t.Parallel()
	b := prepare(t, []string{"good", "good-2"})
	described := make(chan string, 10)
	b.OnReady(func(d *pluginv1.Description) { described <- d.GetName() })
	b.start(t)

	status := b.ready(t, "good")
	if status.PID == 0 || status.Starts != 1 || len(status.SHA256) != 64 || status.Description.GetVersion() != "1.0.0" {
		t.Errorf("status = %+v", status)
	}
	got, err := b.forward(t, "good", "1", "2", "3")
	if err != nil || len(got) != 3 {
		t.Errorf("forward = %v, %v", got, err)
	}
	b.ready(t, "good-2")
	if plugins := b.Plugins(); len(plugins) != 2 || plugins[0].Name != "good" || plugins[1].Name != "good-2" {
		t.Errorf("plugins = %+v", plugins)
	}
	if a, b := <-described, <-described; a == b {
		t.Errorf("described %q twice", a)
	}

	_, err = b.CheckConnection(deadline(t), "good", &pluginv1.CheckConnectionRequest{})
	if !errors.Is(err, ErrUnsupported) {
		t.Errorf("check = %v, want ErrUnsupported", err)
	}
	_, err = b.Preview(deadline(t), "good", &pluginv1.PreviewRequest{})
	if !errors.Is(err, ErrUnsupported) {
		t.Errorf("preview = %v, want ErrUnsupported", err)
	}
	err = b.CopyOrders(deadline(t), "good", &pluginv1.CopyOrdersRequest{}, nil)
	if !errors.Is(err, ErrUnsupported) {
		t.Errorf("copy orders = %v, want ErrUnsupported", err)
	}
	if _, err := b.forward(t, "absent"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("absent = %v, want ErrNotInstalled", err)
	}
	b.stop()
	if _, err := b.forward(t, "good", "1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("after stop = %v, want ErrUnavailable", err)
	}
}
