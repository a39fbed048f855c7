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
// what dispatch and the store do: calls of 50 orders of 50 connections, 4 calls at a
// time, each process apart. ns/op is the time of a call on a machine that they share;
// what counts is the CPU of a delivery.
func BenchmarkHop(b *testing.B) {
	const records, together, connections = 50, 4, 10_000
	if runtime.GOOS != "linux" {
		b.Skip("the CPU of other processes is read as Linux tells it")
	}
	target, remotePID := startTestRemote(b)
	host := startTestHost(b)
	requests := hopRequests(b, target, connections, records)
	for _, r := range requests { // Every instance is made, every HTTP connection open.
		hop(b, host, r)
	}
	plugins, err := children(os.Getpid())
	if err != nil {
		b.Fatal(err)
	}
	var pluginPID int
	for _, pid := range plugins {
		if pid != remotePID {
			pluginPID = pid
		}
	}
	pids := map[string]int{"host": os.Getpid(), "plugin": pluginPID, "remote": remotePID}
	before := map[string]time.Duration{}
	for name, pid := range pids {
		if before[name], err = cpuTime(pid); err != nil {
			b.Fatal(err)
		}
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
	for name, pid := range pids {
		after, err := cpuTime(pid)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(perOne(after-before[name], float64(b.N*records)), name+"-us/delivery")
	}
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

func startTestHost(b *testing.B) *pluginhost.Host {
	b.Helper()
	dir := b.TempDir()
	copyFile(b, os.Args[0], filepath.Join(dir, "spurline-plugin-bench"))
	host, err := pluginhost.New(pluginhost.Options{Dirs: []string{dir}, StateDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	if err := host.AwaitReady(b.Context(), "bench"); err != nil {
		b.Fatal(err)
	}
	return host
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
