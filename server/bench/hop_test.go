package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/bench/plugin"
	"github.com/spurline/spurline/server/bench/remote"
	"github.com/spurline/spurline/server/pluginhost"
)

// actAs in the environment makes the test binary the remote.
const actAs = "SPURLINE_BENCH_TEST_ACT_AS"

// TestMain lets the test binary be the remote and, by its name, the plugin.
func TestMain(m *testing.M) {
	switch {
	case strings.HasPrefix(filepath.Base(os.Args[0]), "spurline-plugin-"):
		sdk.Main(plugin.Plugin("bench"))
	case os.Getenv(actAs) == "remote":
		if err := remote.Serve(context.Background(), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

// BenchmarkHop is the way of deliveries from the host to the remote and back, without
// what dispatch and the store do: calls of so many orders, each of another one of 10,000
// connections, 4 calls at a time, each process apart, with one-time TLS and without.
// ns/op is the time of a call on a machine that they share; what counts is the CPU of a
// delivery. plugin-MiB is the memory of the plugin with all connections in use.
func BenchmarkHop(b *testing.B) {
	const connections = 10_000
	target, remotePID := startTestRemote(b)
	for _, link := range []string{"TLS", "plain"} {
		for _, records := range []int{1, 10, 50, 200} {
			b.Run(fmt.Sprintf("%s/%d", link, records), func(b *testing.B) {
				host := startTestHost(b, link == "TLS")
				requests := hopRequests(b, target, connections, records)
				for _, r := range requests { // Every instance is made, every HTTP connection open.
					hop(b, host, r)
				}
				processes := map[string]int{"host": os.Getpid(), "plugin": pluginPID(b, remotePID), "remote": remotePID}
				measureHop(b, host, requests, processes)
				b.ReportMetric(float64(b.N*records)/b.Elapsed().Seconds(), "deliveries/s")
				b.ReportMetric(mebibytes(b, processes["plugin"]), "plugin-MiB")
			})
		}
	}
}

// BenchmarkStart is from the start of a plugin's process until it takes deliveries.
// plugin-MiB is its memory before the first one.
func BenchmarkStart(b *testing.B) {
	for _, link := range []string{"TLS", "plain"} {
		b.Run(link, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				host := newTestHost(b, link == "TLS")
				b.StartTimer()
				stop := runTestHost(b, host)
				b.StopTimer()
				b.ReportMetric(mebibytes(b, pluginPID(b, 0)), "plugin-MiB")
				stop()
				b.StartTimer()
			}
		})
	}
}

// measureHop makes the calls in turn, and reports what each process did for them.
func measureHop(
	b *testing.B, host *pluginhost.Host, requests []*pluginv1.CopyOrdersRequest, processes map[string]int,
) {
	b.Helper()
	const together = 4
	before := map[string]time.Duration{}
	for name, pid := range processes {
		before[name] = cpuOf(b, pid)
	}
	b.ResetTimer()
	var next atomic.Int64
	var running sync.WaitGroup
	for range together {
		running.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) || b.Failed() {
					return
				}
				hop(b, host, requests[n%int64(len(requests))])
			}
		})
	}
	running.Wait()
	b.StopTimer()
	deliveries := float64(b.N * len(requests[0].GetDeliveries()))
	for name, pid := range processes {
		b.ReportMetric(perOne(cpuOf(b, pid)-before[name], deliveries), name+"-us/delivery")
	}
}

// pluginPID is the process of the plugin, the one child besides another one.
func pluginPID(b *testing.B, other int) int {
	b.Helper()
	pids, err := children(os.Getpid())
	if err != nil {
		b.Fatal(err)
	}
	for _, pid := range pids {
		if pid != other {
			return pid
		}
	}
	b.Fatal("there is no plugin")
	return 0
}

func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	used, err := cpuTime(pid)
	if err != nil {
		b.Fatal(err)
	}
	return used
}

func mebibytes(b *testing.B, pid int) float64 {
	b.Helper()
	bytes, err := memory(pid)
	if err != nil {
		b.Fatal(err)
	}
	return float64(bytes) / (1 << 20)
}

func hop(b *testing.B, host *pluginhost.Host, request *pluginv1.CopyOrdersRequest) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	delivered := 0
	err := host.CopyOrders(ctx, "bench", request, func(result *pluginv1.DeliveryResult) {
		if result.GetOutcome() == pluginv1.Outcome_OUTCOME_DELIVERED {
			delivered++
		}
	})
	if err != nil || delivered != len(request.GetDeliveries()) {
		b.Errorf("%d of %d delivered: %v", delivered, len(request.GetDeliveries()), err)
	}
}

// hopRequests are calls that take all connections in turn, as dispatch makes them.
func hopRequests(b *testing.B, target string, connections, records int) []*pluginv1.CopyOrdersRequest {
	b.Helper()
	var requests []*pluginv1.CopyOrdersRequest
	for first := 0; first < connections; first += records {
		request := &pluginv1.CopyOrdersRequest{}
		for n := first; n < first+records; n++ {
			uid := strconv.Itoa(n + 1)
			request.Connections = append(request.Connections, &pluginv1.Connection{
				Uid: uid, Generation: 1, MerchantId: "m-" + strconv.Itoa(n/2), AccountId: "",
				Settings: map[string]string{"url": target, "terse": "false"},
				Secrets:  map[string]string{"api_key": "secret-of-the-benchmark-" + uid},
			})
			raw, err := proto.Marshal(newOrder("hop", int64(n), time.Now()))
			if err != nil {
				b.Fatal(err)
			}
			delivery := &pluginv1.OrderDelivery{Header: &pluginv1.DeliveryHeader{
				DeliveryId: "0199c7c2-" + uid, ConnectionUid: uid, RecordKey: "hop-" + uid,
				ContentKey: strings.Repeat("0123456789abcdef", 4), Attempt: 1, Revision: 1,
				TimeBudget: durationpb.New(30 * time.Second),
			}}
			field := delivery.ProtoReflect().Descriptor().Fields().ByName("order")
			delivery.ProtoReflect().SetUnknown(
				protowire.AppendBytes(protowire.AppendTag(nil, field.Number(), protowire.BytesType), raw))
			request.Deliveries = append(request.Deliveries, delivery)
		}
		requests = append(requests, request)
	}
	return requests
}

func startTestRemote(b *testing.B) (target string, pid int) {
	b.Helper()
	command := exec.CommandContext(b.Context(), os.Args[0])
	command.Env = append(os.Environ(), actAs+"=remote")
	command.Stderr = os.Stderr
	started, address, err := startProcess(b.Context(), command, (*exec.Cmd).StdoutPipe,
		filepath.Join(b.TempDir(), "remote.log"), func(line string) (string, bool) { return strings.TrimSpace(line), true })
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = started.kill() })
	return remote.NewClient(address).Target("hop", ""), started.pid()
}

// startTestHost starts a host whose plugin is ready, until the benchmark ends.
func startTestHost(b *testing.B, mtls bool) *pluginhost.Host {
	b.Helper()
	host := newTestHost(b, mtls)
	b.Cleanup(runTestHost(b, host))
	return host
}

func newTestHost(b *testing.B, mtls bool) *pluginhost.Host {
	b.Helper()
	if runtime.GOOS != "linux" {
		b.Skip("what other processes use is read as Linux tells it")
	}
	options := pluginhost.Options{Dirs: []string{b.TempDir()}, StateDir: b.TempDir()}
	if !mtls {
		options.DisableAutoMTLS = []string{"bench"}
	}
	copyFile(b, os.Args[0], filepath.Join(options.Dirs[0], "spurline-plugin-bench"))
	host, err := pluginhost.New(options)
	if err != nil {
		b.Fatal(err)
	}
	return host
}

// runTestHost returns when the plugin is ready. stop ends host and plugin.
func runTestHost(b *testing.B, host *pluginhost.Host) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Run(ctx) }()
	if err := host.AwaitReady(b.Context(), "bench"); err != nil {
		b.Fatal(err)
	}
	return func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}
}

func copyFile(b *testing.B, from, to string) {
	b.Helper()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o700)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
}
