package sdk

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// mostAnswer is the most bytes of a body that Do keeps.
	mostAnswer = 1 << 20
	// mostDrain is the most that is read beyond to keep the connection.
	mostDrain = 64 << 10
	// mostIdleConns is how many connections are kept open without a request. How many
	// there are with one is limited by the pace of the accounts alone: a limit of the
	// host would make accounts wait for others of theirs that hang (promise P5).
	mostIdleConns = 1024
	// connectTimeout is for dialing, and once more for TLS.
	connectTimeout = 10 * time.Second
	// pingAfter is the silence after which a connection of HTTP/2 is tested, and
	// how long the answer may take.
	pingAfter = 10 * time.Second
)

// Client calls extra interfaces. It follows no redirects, keeps no cookies and
// takes HTTP proxies from the environment. It is safe for concurrent use; a
// process needs one.
type Client struct {
	transport *http.Transport
	// traceparent: requests tell the trace of their delivery.
	traceparent bool
}

// Answer is what an extra interface answered. It belongs to the caller.
type Answer struct {
	// Status is the HTTP status.
	Status int
	// Header has canonical keys.
	Header http.Header
	// Body is at most 1 MiB.
	Body []byte
	// Truncated means that the body was longer, or broke off after a status that
	// says enough: 300 and above.
	Truncated bool
	// Written means that the request may have arrived.
	Written bool
}

// NewClient returns a client with connections of its own, for tests; a plugin
// uses Env.HTTP.
func NewClient() *Client {
	return &Client{transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: connectTimeout,
		ForceAttemptHTTP2:   true,
		// All accounts of a host share a connection of HTTP/2; a dead one has to
		// be noticed.
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
		MaxIdleConns:          mostIdleConns,
		MaxIdleConnsPerHost:   mostIdleConns,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}}
}

// Do sends a request. Its context bounds the whole exchange; without a deadline
// it gets one of a minute. A request that would begin after the deadline is not
// sent, and reported as not written. Whatever the status, an
// answer is no error. The answer is never nil: on an error it still says by
// Written whether the request may have arrived. The error is safe to show: it
// has neither the URL nor headers in it. It matches context.DeadlineExceeded and
// context.Canceled where they are the cause.
//
// The transport may repeat a request by itself only while no byte of it was
// written, or if it is idempotent by its method or an Idempotency-Key header.
func (c *Client) Do(request *http.Request) (*Answer, error) {
	ctx, cancel := request.Context(), context.CancelFunc(func() {})
	if _, bounded := ctx.Deadline(); !bounded {
		ctx, cancel = context.WithTimeout(ctx, defaultBudget)
	}
	defer cancel()
	answer := &Answer{}
	if err := over(ctx); err != nil {
		return answer, safeError(err)
	}
	trace := newWriteTrace(request)
	ctx = httptrace.WithClientTrace(ctx, &trace.hooks)
	// An http.Client would add redirects and cookies, and copy every header for them.
	response, err := c.transport.RoundTrip(c.outgoing(ctx, request))
	if err != nil {
		answer.Written = trace.written.Load()
		return answer, safeError(err)
	}
	defer func() { _ = response.Body.Close() }()
	// An answer proves that the request arrived.
	answer.Written, answer.Status, answer.Header = true, response.StatusCode, response.Header
	answer.Body, err = readBody(response)
	switch {
	case err != nil && answer.Status >= 300:
		answer.Truncated = true // The status says enough.
		return answer, nil
	case err != nil:
		return answer, safeError(err)
	}
	if len(answer.Body) > mostAnswer {
		answer.Body, answer.Truncated = answer.Body[:mostAnswer:mostAnswer], true
		_, err = io.CopyN(io.Discard, response.Body, mostDrain)
		if err != nil && !errors.Is(err, io.EOF) {
			return answer, safeError(err)
		}
	}
	return answer, nil
}

// over says that the time of a request has passed: nothing begins after it. The timer
// of a context may be late on a busy machine, the clock is not.
func over(ctx context.Context) error {
	if deadline, bounded := ctx.Deadline(); bounded && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// outgoing is the request as the transport wants it: with headers, and the user of
// the URL and the trace of the delivery in them.
func (c *Client) outgoing(ctx context.Context, request *http.Request) *http.Request {
	out := request.WithContext(ctx)
	if out.Header == nil {
		out.Header = http.Header{}
	}
	if out.URL != nil && out.URL.User != nil && out.Header.Get("Authorization") == "" {
		password, _ := out.URL.User.Password()
		out.Header = out.Header.Clone()
		out.SetBasicAuth(out.URL.User.Username(), password)
	}
	if !c.traceparent {
		return out
	}
	if traceparent := traceparentIn(ctx); traceparent != "" && out.Header.Get(traceparentHeader) == "" {
		out.Header = out.Header.Clone() // The caller's stays as it is.
		out.Header.Set(traceparentHeader, traceparent)
	}
	return out
}

// readBody reads a body up to one byte more than Do keeps.
func readBody(response *http.Response) ([]byte, error) {
	const first, most = 512, 64 << 10 // Who announces more has to send it first.
	size := int64(first)
	if response.ContentLength >= 0 {
		size = min(response.ContentLength+1, most)
	}
	body := make([]byte, 0, size)
	for {
		n, err := response.Body.Read(body[len(body):min(cap(body), mostAnswer+1)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil || len(body) > mostAnswer:
			return body, err
		case len(body) == cap(body):
			body = slices.Grow(body, len(body))
		}
	}
}

// writeTrace says whether a request may have arrived: as soon as its headers are
// complete, even if they are still in a buffer.
type writeTrace struct {
	written atomic.Bool
	hooks   httptrace.ClientTrace
}

func newWriteTrace(request *http.Request) *writeTrace {
	t := &writeTrace{}
	t.hooks.WroteHeaders = func() { t.written.Store(true) }
	t.hooks.WroteRequest = func(info httptrace.WroteRequestInfo) {
		if info.Err == nil {
			t.written.Store(true)
		}
	}
	if !replayable(request) {
		// The transport tries such a request once more only if no byte of the first
		// try left.
		t.hooks.GetConn = func(string) { t.written.Store(false) }
	}
	return t
}

// replayable is the transport's rule for repeating what may have arrived.
func replayable(request *http.Request) bool {
	switch request.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	_, key := request.Header["Idempotency-Key"]
	_, x := request.Header["X-Idempotency-Key"]
	return key || x
}

// close ends idle connections.
func (c *Client) close() { c.transport.CloseIdleConnections() }
