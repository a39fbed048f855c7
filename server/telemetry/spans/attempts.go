package spans

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/spurline/spurline/server/trace"
)

// attemptName is the name of the span of an attempt.
const attemptName = "spurline.attempt"

// Attempt begins the span of an attempt at a delivery, as a child of the call that made
// it, and returns the place of what the plugin does for it. An attempt that is not ended
// is not recorded. Where the call is not sampled, end is nil.
func (r *Recorder) Attempt(parent trace.Place, begin time.Time) (in trace.Place, end func(trace.Attempt)) {
	if !parent.IsSampled() {
		return parent, nil
	}
	span, in := r.start(parent, attemptName,
		oteltrace.WithSpanKind(oteltrace.SpanKindClient), oteltrace.WithTimestamp(begin))
	return in, func(a trace.Attempt) { endAttempt(span, a) }
}

func endAttempt(span oteltrace.Span, a trace.Attempt) {
	span.SetAttributes(
		attribute.String("spurline.merchant", a.Merchant),
		attribute.String("spurline.connection", a.Connection),
		attribute.String("spurline.plugin", a.Plugin),
		attribute.String("spurline.delivery", a.Delivery),
		attribute.Int("spurline.attempt", a.Number),
		attribute.String("spurline.outcome", a.Outcome),
	)
	if a.Reason != "" {
		span.SetAttributes(attribute.String("spurline.reason", a.Reason))
	}
	if a.HTTPStatus != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", a.HTTPStatus))
	}
	if a.Failed {
		span.SetStatus(otelcodes.Error, a.Reason)
	}
	span.End(oteltrace.WithTimestamp(a.End))
}
