package zohotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// TokenEndpoint is the path of the accounts server that gives access tokens.
const TokenEndpoint = "/oauth/v2/token" //nolint:gosec // A path.

// The rules of access tokens (Zoho Inventory reference, section 1.3).
const (
	tokenLifetime  = time.Hour
	tokenWindow    = 10 * time.Minute
	tokensInWindow = 10
	tokensAlive    = 10
)

// token is an access token.
type token struct {
	value   string
	serial  int
	client  string
	refresh string
	ends    time.Time
}

// accounts answers the accounts server: POST of a form with a refresh token.
func (s *Server) accounts(c *call) *reply {
	if c.r.Method != http.MethodPost {
		return accountsError(http.StatusMethodNotAllowed, "invalid_request", "")
	}
	form := s.credentials(c)
	if form.Get("grant_type") != "refresh_token" {
		return accountsError(http.StatusBadRequest, "unsupported_grant_type", "")
	}
	client := s.clients[form.Get("client_id")]
	refresh := form.Get("refresh_token")
	switch {
	case client == nil:
		return accountsError(s.tokenErrorStatus, "invalid_client", "")
	case client.Secret != form.Get("client_secret"):
		return accountsError(s.tokenErrorStatus, "invalid_client_secret", "")
	case s.throttled(client.ID + " " + refresh):
		return throttledReply()
	case !slices.Contains(client.RefreshTokens, refresh):
		return accountsError(s.tokenErrorStatus, "invalid_code", "")
	}
	t := s.issue(client.ID, refresh)
	return &reply{status: http.StatusOK, bare: map[string]any{
		"access_token": t.value, "api_domain": s.domainOf(client), "token_type": "Bearer",
		"expires_in": int(tokenLifetime / time.Second),
	}}
}

// credentials are in the form, in the Basic header or in the query; in the query
// they end up in logs, so that is a Violation.
func (s *Server) credentials(c *call) url.Values {
	form, err := url.ParseQuery(string(c.raw))
	if err != nil || !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form = url.Values{}
	}
	for name, values := range c.parameters {
		if name == "client_secret" || name == "refresh_token" {
			c.violate(name, "a secret in the URL")
		}
		if !form.Has(name) {
			form[name] = values
		}
	}
	if id, secret, ok := c.r.BasicAuth(); ok && !form.Has("client_id") {
		form.Set("client_id", id)
		form.Set("client_secret", secret)
	}
	c.clientID = form.Get("client_id")
	return form
}

// throttled counts a request and says whether it is one too many. Refused requests
// count too, so that trying again and again prolongs it (section 1.3).
func (s *Server) throttled(who string) bool {
	now := s.clock()
	recent := slices.DeleteFunc(s.asked[who], func(at time.Time) bool { return now.Sub(at) >= tokenWindow })
	s.asked[who] = append(recent, now)
	return len(recent) >= tokensInWindow && !s.unlimited
}

// issue makes a token and, in silence, ends the oldest one beyond ten.
func (s *Server) issue(client, refresh string) *token {
	now := s.clock()
	s.serialToken++
	t := &token{
		value: fmt.Sprintf("1000.stand-in-access.%04d", s.serialToken), serial: s.serialToken,
		client: client, refresh: refresh, ends: now.Add(tokenLifetime),
	}
	s.tokens = slices.DeleteFunc(s.tokens, func(t *token) bool { return !now.Before(t.ends) })
	s.tokens = append(s.tokens, t)
	of := 0
	for _, other := range s.tokens {
		if other.refresh == refresh {
			of++
		}
	}
	if of > tokensAlive {
		oldest := slices.IndexFunc(s.tokens, func(t *token) bool { return t.refresh == refresh })
		s.tokens = slices.Delete(s.tokens, oldest, oldest+1)
	}
	return t
}

// domainOf is the API host that the accounts server names.
func (s *Server) domainOf(c *Client) string {
	if s.apiDomain != "" {
		return s.apiDomain
	}
	for _, o := range s.organisations {
		if c.belongsTo(o.ID) {
			return apiDomains()[o.DataCenter]
		}
	}
	return apiDomains()["us"]
}

// accountsError is an answer of the accounts server, which has no envelope.
func accountsError(status int, name, description string) *reply {
	bare := map[string]any{"error": name}
	if description != "" {
		bare["error_description"] = description
	}
	return &reply{status: status, bare: bare, failure: &apiError{status: status, message: name}}
}

func throttledReply() *reply {
	return accountsError(http.StatusBadRequest, "Access Denied",
		"You have made too many requests continuously. Please try again after some time.")
}

// Throttled is the answer of the accounts server to too many requests.
func Throttled() Fault {
	raw, _ := json.Marshal(throttledReply().bare)
	return Body(http.StatusBadRequest, "application/json;charset=UTF-8", string(raw)).On(http.MethodPost, TokenEndpoint)
}

// IssueToken gives a valid access token without a request, for a test of the API
// alone. The client and refresh token must exist.
func (s *Server) IssueToken(client, refresh string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(client, refresh).value
}

// KillTokens ends every access token, though not its refresh token.
func (s *Server) KillTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = nil
}
