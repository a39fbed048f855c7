package aftership

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// client makes the calls of one connection.
type client struct {
	http       *sdk.Client
	generation generation
	base       string
	key        sdk.Secret
	account    string
	gates      *gates
}

// request is a call to make.
type request struct {
	endpoint endpoint
	// path under the generation's, with query, escaped.
	path string
	// body is nil for none.
	body object
}

// answer is what came of a call.
type answer struct {
	request request
	status  int
	header  http.Header
	body    []byte
	// cut says that the body ended early.
	cut      bool
	envelope envelope
	// failure is why there is no answer, nil if there is one. The request may
	// have arrived all the same if it was written.
	failure error
	written bool
}

// ok says that AfterShip took the call: any 2xx whose envelope names no error
// (AfterShip API reference, sections 5 and 7). A read needs its answer too.
func (a answer) ok() bool {
	return a.good() && codeOf(a.status, a.envelope) == a.status && (!a.isRead() || !a.unreadable())
}

// good says that the HTTP status is a success.
func (a answer) good() bool { return a.failure == nil && a.status >= 200 && a.status < 300 }

// unreadable says that the body is cut or no envelope.
func (a answer) unreadable() bool { return a.cut || !a.envelope.readable }

func (a answer) isRead() bool { return a.request.endpoint.method == http.MethodGet }

// rule judges an answer that is not ok.
func (a answer) rule() ruling { return rule(codeOf(a.status, a.envelope), a.envelope.message) }

// do makes a call when it is its turn.
func (c *client) do(ctx context.Context, r request) answer {
	a := answer{request: r}
	bucket := bucketKey{account: c.account, name: c.generation.bucket(r.endpoint)}
	leave, err := c.gates.enter(ctx, bucket, c.generation.perSecond(r.endpoint))
	if err != nil {
		a.failure = err
		return a
	}
	a.exchange(ctx, c)
	leave(a.status, a.header)
	return a
}

// exchange sends the request and reads the answer.
func (a *answer) exchange(ctx context.Context, c *client) {
	out, err := c.build(ctx, a.request)
	if err != nil {
		a.failure = err
		return
	}
	in, err := c.http.Do(out)
	a.written = in.Written
	if in.Status == 0 {
		a.failure = err
		return
	}
	a.status, a.header, a.body = in.Status, in.Header, in.Body
	a.cut = err != nil || in.Truncated
	a.envelope = decodeEnvelope(in.Body)
}

// build makes the HTTP request. Content-Type goes with every call, as the API
// has it as a required parameter (AfterShip API reference, section 4.1).
func (c *client) build(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		raw, err := encode(r.body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	out, err := http.NewRequestWithContext(ctx, r.endpoint.method, c.url(r), body)
	if err != nil {
		return nil, errors.New("build request: base_url is no valid address")
	}
	out.Header.Set("Content-Type", "application/json")
	out.Header.Set("Accept", "application/json")
	out.Header.Set("User-Agent", "spurline-aftership/"+Version)
	out.Header.Set(c.generation.keyHeader, c.key.Reveal())
	return out, nil
}

// url is the address of a call.
func (c *client) url(r request) string {
	return c.base + c.generation.path + r.path
}

func (c *client) createRequest(sent facts, without omission) request {
	return request{createTracking, "/trackings", c.generation.createBody(sent, without)}
}

func (c *client) updateRequest(id string, sent facts, without omission) request {
	return request{updateTracking, trackingPath(id), c.generation.updateBody(sent, without)}
}

func (c *client) getRequest(id string) request { return request{getTracking, trackingPath(id), nil} }

func (c *client) deleteRequest(id string) request {
	return request{deleteTracking, trackingPath(id), nil}
}

// findRequest lists the trackings of a number, also of another courier. All
// generations have it (section 9).
func (c *client) findRequest(number string) request {
	return request{listTrackings, "/trackings?" + url.Values{"tracking_numbers": {number}}.Encode(), nil}
}

func (c *client) couriersRequest() request { return request{listCouriers, c.generation.couriers, nil} }

// trackingPath is the path of a tracking. Dots are escaped too, so that no id
// walks up the path.
func trackingPath(id string) string {
	return "/trackings/" + strings.ReplaceAll(url.PathEscape(id), ".", "%2E")
}
