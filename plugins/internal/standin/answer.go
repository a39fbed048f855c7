package standin

import (
	"maps"
	"net/http"
	"strconv"
	"time"
)

// Answer is a true answer, held back by a fault.
type Answer struct {
	Status int
	// Header has at least its content type.
	Header http.Header
	Body   []byte
}

// send gives the answer with the body, which may be another one than its own.
func (a Answer) send(w http.ResponseWriter, body []byte) {
	maps.Copy(w.Header(), a.Header)
	w.WriteHeader(a.Status)
	_, _ = w.Write(body)
}

// Truncated takes effect and breaks off in the middle of the true answer.
func Truncated[S any]() Fault[S] {
	return New(0, 0, func(c Call[S]) {
		body := c.Normal.Body
		c.Writer.Header().Set("Content-Length", strconv.Itoa(len(body)))
		c.Normal.send(c.Writer, body[:len(body)/2])
		_ = http.NewResponseController(c.Writer).Flush()
		panic(http.ErrAbortHandler)
	}).AfterStore()
}

// Garbled takes effect; the answer comes whole as HTTP and with its true status, but is
// no JSON, as a proxy does that breaks a body off. A refusal stays as it is.
func Garbled[S any]() Fault[S] {
	return New(0, 0, func(c Call[S]) {
		body := c.Normal.Body
		if c.Normal.Status < http.StatusMultipleChoices {
			body = body[:len(body)/2]
		}
		c.Normal.send(c.Writer, body)
	}).AfterStore()
}

// Slow takes effect at once and gives the true answer that much later, unless the
// client gives up or the stand-in is released before.
func Slow[S any](delay time.Duration) Fault[S] {
	return New(0, 0, func(c Call[S]) {
		c.Release.Wait(c.Request, delay)
		c.Normal.send(c.Writer, c.Normal.Body)
	}).AfterStore()
}
