package inventory

import (
	"context"
	"net/http"

	"github.com/spurline/spurline/plugins/sdk"
)

// Client calls the API for one connection. It is safe for concurrent use.
type Client struct {
	// Base is the address of the API without a slash at the end.
	Base string
	// Organisation is the id of the organisation.
	Organisation string
	// Agent names the caller in every request.
	Agent string
	// Tokens authorises requests.
	Tokens *sdk.OAuth
	// Governor holds requests back that Zoho would block the organisation for.
	Governor sdk.Sender
}

// Answer is what came of a call.
type Answer struct {
	// Call is the one that was made.
	Call Call
	// Status is the HTTP status, 0 without an answer.
	Status int
	// Header is nil without an answer.
	Header http.Header
	// Body as it came, at most what the kit keeps.
	Body []byte
	// Cut means that the body ended early.
	Cut bool
	// Envelope is what was read of the body.
	Envelope Envelope
	// Failure is why there is no answer, nil if there is one.
	Failure error
	// Written means that the request may have arrived.
	Written bool
}

// Do makes a call when it is its turn.
func (c *Client) Do(ctx context.Context, call Call) Answer {
	a := Answer{Call: call}
	request, err := c.request(ctx, call)
	if err != nil {
		a.Failure = err
		return a
	}
	in, err := c.Tokens.Do(c.Governor, request)
	a.Written = in.Written
	if in.Status == 0 {
		a.Failure = err
		return a
	}
	a.Status, a.Header, a.Body = in.Status, in.Header, in.Body
	a.Cut = err != nil || in.Truncated
	a.Envelope = ReadEnvelope(in.Body)
	return a
}

// OK says that Zoho did what was asked: a status and a code of success. A read needs
// its answer whole (section 2).
func (a Answer) OK() bool {
	return a.good() && a.Envelope.Readable && a.Envelope.Code == 0 && (!a.Cut || a.Call.Endpoint.Writes())
}

// Unreadable says that the status is a success and the rest cannot be read: what was
// to be written may have been written.
func (a Answer) Unreadable() bool { return a.good() && (a.Cut || !a.Envelope.Readable) && !a.OK() }

// good says that the HTTP status is a success.
func (a Answer) good() bool { return a.Failure == nil && a.Status >= 200 && a.Status < 300 }
