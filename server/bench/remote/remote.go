// Package remote is the stand-in for an extra interface in benchmarks, a process of
// its own, and what the others need to talk with it.
package remote

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Headers of a delivery's request, so that the remote need not read the body.
const (
	// DeliveryHeader carries the delivery id.
	DeliveryHeader = "X-Bench-Delivery"
	// RecordHeader carries the order id, which ends in the time at which the order
	// was to be sent: "-" and nanoseconds since 1970.
	RecordHeader = "X-Bench-Record"
)

// CrashSource is the source of orders that crash the plugin.
const CrashSource = "crash"

// Sample is one arrival: when the order was to be sent, and when it arrived, in
// nanoseconds since 1970.
type Sample struct{ Intended, Arrived int64 }

// server stands in for an extra interface. The path of a request names a group
// of connections, whose arrivals are counted together:
//
//	POST /GROUP              200 at once
//	POST /GROUP?delay=50ms   200 after that time
//	POST /GROUP?hang=true    no answer while the caller is there
//	GET  /-/arrived/GROUP    how many arrived
//	GET  /-/samples/GROUP    those since the last question, as binary
type server struct {
	mu     sync.Mutex
	groups map[string]*group
}

type group struct {
	arrived atomic.Int64
	mu      sync.Mutex
	seen    map[string]struct{}
	samples []Sample
}

// The remote has two addresses, so that it can be two hosts.
const (
	host      = "127.0.0.1"
	otherHost = "127.0.0.2"
)

// Serve serves a remote on a free port of the loopback addresses until ctx ends. It
// writes host and port, as a line, to out.
func Serve(ctx context.Context, out io.Writer) error {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp4", net.JoinHostPort(host, "0"))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return err
	}
	other, err := listening.Listen(ctx, "tcp4", net.JoinHostPort(otherHost, port))
	if err != nil {
		return errors.Join(fmt.Errorf("listen as another host: %w", err), listener.Close())
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	r := &server{groups: map[string]*group{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{group}", r.deliver)
	mux.HandleFunc("GET /-/arrived/{group}", func(w http.ResponseWriter, request *http.Request) {
		_, _ = fmt.Fprint(w, r.group(request.PathValue("group")).arrived.Load())
	})
	mux.HandleFunc("GET /-/samples/{group}", r.report)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = web.Close() })()
	ended := make(chan error, 2)
	for _, l := range []net.Listener{listener, other} {
		go func() { ended <- web.Serve(l) }()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func (r *server) deliver(w http.ResponseWriter, request *http.Request) {
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return
	}
	ctx := request.Context()
	query := request.URL.Query()
	if query.Has("hang") {
		<-ctx.Done()
		return
	}
	r.note(request.PathValue("group"), request.Header)
	if delay, err := time.ParseDuration(query.Get("delay")); err == nil {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"meta":{"code":200},"data":{"id":"stored"}}`)
}

// note counts an arrival. A delivery that comes again counts once.
func (r *server) note(name string, header http.Header) {
	arrived := time.Now().UnixNano()
	record := header.Get(RecordHeader)
	intended, err := strconv.ParseInt(record[strings.LastIndexByte(record, '-')+1:], 10, 64)
	if err != nil {
		return // It is not of the load.
	}
	g := r.group(name)
	g.mu.Lock()
	defer g.mu.Unlock()
	delivery := header.Get(DeliveryHeader)
	if _, again := g.seen[delivery]; again {
		return
	}
	g.seen[delivery] = struct{}{}
	g.samples = append(g.samples, Sample{intended, arrived})
	g.arrived.Add(1)
}

func (r *server) group(name string) *group {
	r.mu.Lock()
	defer r.mu.Unlock()
	g, ok := r.groups[name]
	if !ok {
		g = &group{seen: map[string]struct{}{}}
		r.groups[name] = g
	}
	return g
}

// report hands the samples out, once.
func (r *server) report(w http.ResponseWriter, request *http.Request) {
	g := r.group(request.PathValue("group"))
	g.mu.Lock()
	samples := g.samples
	g.samples = nil
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/octet-stream")
	_ = binary.Write(w, binary.LittleEndian, samples)
}
