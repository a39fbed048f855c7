package metrics

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// api counts calls.
type api struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	// methods has the *method of each that was called: only those that the server has
	// come here.
	methods sync.Map
}

// method counts the calls of one.
type method struct {
	codes    byCode
	duration prometheus.Observer
}

func (m *Metrics) newAPI() api {
	return api{
		requests: m.counter("api_requests_total", "Calls of the API that ended, also streams, by method and code.",
			"method", "code"),
		durations: m.histogram("api_request_duration_seconds", "How long calls took, streams as a whole.",
			[]float64{.001, .005, .025, .1, .5, 2.5, 10, 60}, "method"),
	}
}

func (a *api) of(fullMethod string) *method {
	known, ok := a.methods.Load(fullMethod)
	if !ok {
		name := strings.TrimPrefix(fullMethod, "/")
		known, _ = a.methods.LoadOrStore(fullMethod, &method{
			codes:    byCode{vec: a.requests.MustCurryWith(prometheus.Labels{"method": name})},
			duration: a.durations.WithLabelValues(name),
		})
	}
	return known.(*method)
}

func (a *api) ended(fullMethod string, began time.Time, err error) {
	method := a.of(fullMethod)
	method.codes.of(status.Code(err)).Inc()
	method.duration.Observe(time.Since(began).Seconds())
}

// Unary is the interceptor of unary calls, to be the outermost.
func (m *Metrics) Unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	began := time.Now()
	response, err := handler(ctx, request)
	m.api.ended(info.FullMethod, began, err)
	m.intake.unary(request, response, err)
	return response, err
}

// Stream is the interceptor of streams, to be the outermost.
func (m *Metrics) Stream(
	server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	began := time.Now()
	err := handler(server, m.intake.stream(stream, info.FullMethod))
	m.api.ended(info.FullMethod, began, err)
	return err
}

// byCode has the counters of a vector with the one label code.
type byCode struct {
	vec   *prometheus.CounterVec
	known [codes.Unauthenticated + 1]atomic.Pointer[prometheus.Counter]
}

func (b *byCode) of(code codes.Code) prometheus.Counter {
	if int(code) >= len(b.known) {
		code = codes.Unknown
	}
	if known := b.known[code].Load(); known != nil {
		return *known
	}
	made := b.vec.WithLabelValues(code.String())
	b.known[code].Store(&made)
	return made
}
