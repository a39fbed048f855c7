package inventory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Endpoint is a call that the API knows.
type Endpoint struct {
	// Method of HTTP.
	Method string
	// Scope is what the token needs (section 1.4), without "ZohoInventory.".
	Scope string
	// Does says what the call does, for hints: "create a sales order".
	Does string
	// Record says that it writes the record itself, and not what belongs to it, such as
	// its customer or its status.
	Record bool
}

// Writes says that the call changes something.
func (e Endpoint) Writes() bool { return e.Method != http.MethodGet }

// Call is one to make.
type Call struct {
	// Endpoint says what it is.
	Endpoint Endpoint
	// Path is below /inventory/v1, begins with a slash and is escaped.
	Path string
	// Query is without the organisation, which every call gets.
	Query url.Values
	// Body is encoded as JSON; nil for none.
	Body any
}

// encode writes a body as it is sent: JSON without escapes for HTML.
func encode(body any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// URL is where the call goes.
func (c *Client) URL(call Call) string {
	query := url.Values{}
	for name, values := range call.Query {
		query[name] = values
	}
	query.Set("organization_id", c.Organisation)
	return c.Base + "/inventory/v1" + call.Path + "?" + query.Encode()
}

func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	var body io.Reader
	if call.Body != nil {
		raw, err := encode(call.Body)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	out, err := http.NewRequestWithContext(ctx, call.Endpoint.Method, c.URL(call), body)
	if err != nil {
		return nil, errors.New("build request: api_base_url is no valid address")
	}
	if body != nil {
		out.Header.Set("Content-Type", "application/json")
	}
	out.Header.Set("Accept", "application/json")
	out.Header.Set("User-Agent", c.Agent)
	return out, nil
}

// element escapes an id or number for a path. Dots are escaped too, so that nothing
// walks up the path.
func element(text string) string { return strings.ReplaceAll(url.PathEscape(text), ".", "%2E") }
