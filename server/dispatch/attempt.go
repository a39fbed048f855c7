package dispatch

import (
	"time"

	"github.com/spurline/spurline/server/trace"
)

// begin notes when the delivery is sent. Where its caller records the trace and somebody
// records attempts, what the plugin does for it is a child of the attempt.
func (s *sending) begin(now time.Time, tracer Tracer) {
	s.start = now
	if tracer == nil || !s.delivery.Trace.IsSampled() {
		return
	}
	in, record := tracer.Attempt(s.delivery.Trace, now)
	s.header().Traceparent, s.record = in.String(), record
}

// end records what became of the attempt.
func (s *sending) end(r *result, at time.Time) {
	if s.record == nil {
		return
	}
	s.record(trace.Attempt{
		Merchant: s.connection.MerchantID, Connection: s.connection.ID, Plugin: s.connection.Plugin,
		Delivery: s.delivery.ID.String(), Number: s.delivery.Sends + 1,
		Outcome: r.outcome.String(), Reason: r.reason, HTTPStatus: r.httpStatus, Failed: !r.outcome.Good(), End: at,
	})
}
