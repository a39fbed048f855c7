package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	// mostAnswer is the most bytes that are read of an answer: it only has a status to
	// tell, and perhaps a sentence.
	mostAnswer = 16 << 10
	// mostAnswerHeader bounds the header of an answer.
	mostAnswerHeader = 64 << 10
	// mostIdle is how many connections are kept open without a request, in all and to
	// one host.
	mostIdle, mostIdlePerHost = 1024, 64
	// connectTimeout is for dialing, and once more for TLS.
	connectTimeout = 10 * time.Second
	// pingAfter is the silence after which a connection of HTTP/2 is tested.
	pingAfter = 10 * time.Second
)

// remote makes the requests of all connections of the process. It follows no
// redirects, keeps no cookies, uses no proxy and connects only where the operator
// lets it. It is safe for concurrent use.
type remote struct {
	operator Operator
	now      func() time.Time
	// tls is for https, and dial connects for a scheme.
	tls  *tls.Config
	dial map[string]*net.Dialer
	http *http.Client
}

// newRemote makes a remote. The configuration of TLS and the resolver are the
// system's if nil.
func newRemote(o Operator, secure *tls.Config, resolver *net.Resolver, now func() time.Time) *remote {
	if secure == nil {
		secure = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	r := &remote{operator: o, now: now, tls: secure, dial: map[string]*net.Dialer{
		"https": o.secured().Dialer(connectTimeout),
		"http":  o.unsecured().Dialer(connectTimeout),
	}}
	transports := byScheme{}
	for scheme, dialer := range r.dial {
		dialer.Resolver = resolver
		transports[scheme] = newTransport(dialer, secure)
	}
	r.http = &http.Client{
		Transport:     transports,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return r
}

func newTransport(dialer *net.Dialer, secure *tls.Config) *http.Transport {
	return &http.Transport{
		// A proxy would resolve the name by itself, so what it connects to would not
		// be what was judged.
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        secure.Clone(),
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
		MaxIdleConns:           mostIdle,
		MaxIdleConnsPerHost:    mostIdlePerHost,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: mostAnswerHeader,
		DisableCompression:     true, // Nothing unpacks to more than it was.
	}
}

// byScheme has a transport per scheme, since they may connect to different places.
type byScheme map[string]*http.Transport

// RoundTrip implements http.RoundTripper.
func (b byScheme) RoundTrip(request *http.Request) (*http.Response, error) {
	transport := b[request.URL.Scheme]
	if transport == nil {
		return nil, errors.New("neither http nor https")
	}
	return transport.RoundTrip(request)
}

// CloseIdleConnections is what http.Client looks for.
func (b byScheme) CloseIdleConnections() {
	for _, transport := range b {
		transport.CloseIdleConnections()
	}
}

// answer is what came of a request.
type answer struct {
	// status is 0 if there is no answer; failure says why.
	status  int
	header  http.Header
	body    []byte
	failure error
	// written says that the request may have arrived.
	written bool
	// at is when the answer came.
	at time.Time
}

// send makes one POST with the given header and reads the answer. The context
// bounds all of it. The header is not changed.
func (r *remote) send(ctx context.Context, to endpoint, header http.Header, body []byte) answer {
	a := r.exchange(ctx, to, header, body)
	a.at = r.now()
	return a
}

func (r *remote) exchange(ctx context.Context, to endpoint, header http.Header, body []byte) answer {
	if err := ctx.Err(); err != nil {
		return answer{failure: err}
	}
	var written atomic.Bool
	request, err := http.NewRequestWithContext(
		httptrace.WithClientTrace(ctx, traceWrites(&written)), http.MethodPost, to.url.String(), bytes.NewReader(body))
	if err != nil {
		return answer{failure: err}
	}
	request.Header = header
	response, err := r.http.Do(request) //nolint:gosec // G704: the dialer judges whom it connects to.
	if err != nil {
		return answer{failure: err, written: written.Load()}
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{status: response.StatusCode, header: response.Header, written: true}
	// A body that breaks off changes nothing: the status is the answer.
	a.body, _ = io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	return a
}

// traceWrites sets written once a request may have arrived. The transport repeats a
// POST by itself only if no byte of it left.
func traceWrites(written *atomic.Bool) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:      func(string) { written.Store(false) },
		WroteHeaders: func() { written.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil {
				written.Store(true)
			}
		},
	}
}

// connect connects as a request would and hangs up: the name, the address, and the
// certificate if the address is of https.
func (r *remote) connect(ctx context.Context, to endpoint) error {
	dialer := r.dial[to.url.Scheme]
	if !to.encrypted() {
		conn, err := dialer.DialContext(ctx, "tcp", to.dial())
		if err != nil {
			return err
		}
		return conn.Close()
	}
	// The timeout of this one is for the handshake too.
	over := &tls.Dialer{NetDialer: dialer, Config: r.tls.Clone()}
	conn, err := over.DialContext(ctx, "tcp", to.dial())
	if err != nil {
		return err
	}
	return conn.Close()
}
