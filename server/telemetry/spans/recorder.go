package spans

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/spurline/spurline/server/trace"
)

// Options of a Recorder.
type Options struct {
	// Endpoint is the URL of the collector, http or https.
	Endpoint string
	// Ratio is the share of submissions without a trace that begin one, 0 to 1.
	Ratio  float64
	Logger *slog.Logger
	// Random returns a number from 0 to 1, without 1; that of math/rand if nil.
	Random func() float64
}

// What waits for the collector at most, and how long. The queue takes what a second at
// full load makes.
const (
	mostQueued   = 16_384
	mostTogether = 512
	exportEvery  = 2 * time.Second
	exportTime   = 10 * time.Second
)

// Recorder records spans. It is safe for concurrent use.
type Recorder struct {
	tracer   oteltrace.Tracer
	provider *sdktrace.TracerProvider
	counts   *counts
	ratio    float64
	random   func() float64
}

// Open returns a recorder. It does not wait for the collector, which may come later.
// Beside the options, the environment variables of OpenTelemetry for its exporter and its
// resource hold, such as OTEL_EXPORTER_OTLP_HEADERS.
func Open(ctx context.Context, options Options) (*Recorder, error) {
	exporter, err := otlptracegrpc.New(ctx,
		otlptracegrpc.WithEndpointURL(options.Endpoint), otlptracegrpc.WithTimeout(exportTime))
	if err != nil {
		return nil, fmt.Errorf("export spans: %w", err)
	}
	return open(ctx, exporter, options)
}

func open(ctx context.Context, exporter sdktrace.SpanExporter, options Options) (*Recorder, error) {
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "spurline"),
			attribute.String("service.version", version())),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("export spans: read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	if options.Random == nil {
		options.Random = rand.Float64
	}
	counted := &counts{}
	provider := sdktrace.NewTracerProvider(
		// Who asks for a span has decided that it is recorded.
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
		sdktrace.WithResource(about),
		sdktrace.WithSpanProcessor(counting{counted, sdktrace.NewBatchSpanProcessor(
			&reporting{SpanExporter: exporter, counts: counted, logger: options.Logger},
			sdktrace.WithMaxQueueSize(mostQueued), sdktrace.WithMaxExportBatchSize(mostTogether),
			sdktrace.WithBatchTimeout(exportEvery), sdktrace.WithExportTimeout(exportTime))}),
	)
	return &Recorder{
		tracer: provider.Tracer("github.com/spurline/spurline/server/telemetry/spans"), provider: provider,
		counts: counted, ratio: options.Ratio, random: options.Random,
	}, nil
}

// version is what the server was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// Close exports what waits, for as long as ctx lasts. What is recorded afterwards is
// dropped.
func (r *Recorder) Close(ctx context.Context) error {
	if err := r.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("export the last spans: %w", err)
	}
	return nil
}

// start starts a span as a child of a place, or a trace if that is none, and returns the
// place of what is done in it.
func (r *Recorder) start(
	parent trace.Place, name string, options ...oteltrace.SpanStartOption,
) (oteltrace.Span, trace.Place) {
	ctx := context.Background()
	in := trace.Place{Flags: trace.Sampled | trace.Random} // As the ids of the SDK are.
	if !parent.IsZero() {
		in.Flags = parent.Flags
		ctx = oteltrace.ContextWithRemoteSpanContext(ctx, oteltrace.NewSpanContext(oteltrace.SpanContextConfig{
			TraceID: parent.Trace, SpanID: parent.Span, TraceFlags: oteltrace.TraceFlags(parent.Flags), Remote: true,
		}))
	}
	_, span := r.tracer.Start(ctx, name, options...)
	in.Trace, in.Span = span.SpanContext().TraceID(), span.SpanContext().SpanID()
	return span, in
}
