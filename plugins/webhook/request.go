package webhook

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// header is that of a request, signed for the time of the attempt. A traceparent goes
// along for the receiver's own traces: it belongs to the merchant, and the ids are random.
func (s *Sender) header(id, traceparent string, at time.Time, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "spurline-webhook/"+Version)
	h.Set(headerID, id)
	h.Set(headerTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(headerSignature, sign(s.keys, id, at, body))
	if traceparent != "" {
		h.Set("Traceparent", traceparent)
	}
	if s.further.name != "" { // Whatever its name is, it is the merchant's choice.
		h.Set(s.further.name, s.further.value.Reveal())
	}
	return h
}

// post sends a body within the timeout of the connection.
func (s *Sender) post(ctx context.Context, id, traceparent string, body []byte) answer {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.remote.send(ctx, s.endpoint, s.header(id, traceparent, s.remote.now(), body), body)
}
