package sdk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// tokenMargin is how long before its end a token is no longer used.
	tokenMargin = time.Minute
	// tokenFresh is how long a token that is refused cannot be blamed on its age.
	tokenFresh = time.Minute
	// tokenTimeout bounds a request for a token.
	tokenTimeout = 20 * time.Second
)

// OAuthSettings are what access tokens are got with (RFC 6749, section 6).
type OAuthSettings struct {
	// TokenURL takes the request for a token.
	TokenURL string
	// ClientID and ClientSecret go in the body of that request.
	ClientID     string
	ClientSecret Secret
	// RefreshToken is the one that the merchant entered. Some extra interfaces give
	// another one with every access token; the kit keeps that.
	RefreshToken Secret
	// Scheme goes before the token in the Authorization header; empty means Bearer.
	Scheme string
	// MostRequests is how many requests for tokens the process makes with these
	// credentials within a Window, for authorities that block who asks too often. What
	// would be one more is Throttled until there is room, and so is any while a block
	// lasts that the authority told of. Processes do not know of each other: leave
	// some to the others. 0 means no bound.
	MostRequests int
	// Window is the time that MostRequests are counted in; 0 means no bound.
	Window time.Duration
}

// OAuth has the access token of one connection. It asks for a new one when the old
// one ends, at most once at a time per set of credentials, whatever the number of
// connections and callers; all of them get what it brings. The token is kept in the
// connection's state, so other replicas and the next process have it too: a plugin
// that uses OAuth does not call SetState. It is safe for concurrent use.
type OAuth struct {
	env      Env
	settings OAuthSettings
	tokens   *tokens
	key      string
}

// OAuth returns the tokens of the connection. It calls nobody. In an Env that is
// not the kit's the token is kept nowhere.
func (e Env) OAuth(settings OAuthSettings) *OAuth {
	shared := e.tokens
	if shared == nil {
		shared = newTokens()
	}
	if e.state == nil {
		e.state = &connectionState{}
	}
	e.Clock = orSystem(e.Clock)
	settings.Scheme = cmp.Or(settings.Scheme, "Bearer")
	return &OAuth{env: e, settings: settings, tokens: shared, key: settings.digest()}
}

// digest names the credentials.
func (s OAuthSettings) digest() string {
	all := strings.Join([]string{s.TokenURL, s.ClientID, s.ClientSecret.Reveal(), s.RefreshToken.Reveal()}, "\x00")
	sum := sha256.Sum256([]byte(all))
	return hex.EncodeToString(sum[:16])
}

// Token returns an access token that is good for at least a minute. FromError and
// CheckFromError say what an error means: refused credentials, or an address where
// nothing gives tokens, pause the connection, an authority that cannot be reached is
// tried again. Nothing was written at the extra interface.
func (o *OAuth) Token(ctx context.Context) (Secret, error) {
	if err := over(ctx); err != nil {
		return Secret{}, safeError(err)
	}
	if t, ok := o.known(); ok {
		return o.reveal(t), nil
	}
	flight := o.tokens.flights.DoChan(o.key, func() (any, error) {
		if t, ok := o.known(); ok {
			return t, nil // Another flight landed just before this one began.
		}
		// Whoever began it may give up; the others still want what it brings.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTimeout)
		defer cancel()
		return o.refresh(ctx)
	})
	select {
	case landed := <-flight:
		if landed.Err != nil {
			return Secret{}, landed.Err
		}
		t, ok := landed.Val.(token)
		if !ok {
			return Secret{}, errTokenLost
		}
		o.keep(t)
		return o.reveal(t), nil
	case <-ctx.Done():
		return Secret{}, safeError(ctx.Err())
	}
}

var errTokenLost = errors.New("the request for a token ended without one")

// Do sends a request with a token, through the sender: Env.HTTP or a Limiter. If the
// token is refused it gets another one and sends the request once more, provided
// that its body can be had again, as that of http.NewRequest can, and that the token
// is not one that the process got within the last minute: then the refusal is the
// answer, as it means something else than the token's age. Errors are those of Token
// and of the sender.
func (o *OAuth) Do(send Sender, request *http.Request) (*Answer, error) {
	access, err := o.Token(request.Context())
	if err != nil {
		return &Answer{}, err
	}
	body, err := rewind(request)
	if err != nil {
		return &Answer{}, err
	}
	answer, err := send.Do(o.authorized(request, access, nil))
	if err != nil || answer.Status != http.StatusUnauthorized || body == nil {
		return answer, err
	}
	// A scope may be missing, or the account be the wrong one. Some interfaces tell
	// that as they tell a dead token, and a new token for each such request would soon
	// be more than the authority gives, so that it gives none to anybody.
	if o.tokens.isFresh(o.key, access.Reveal(), o.env.Clock.Now()) {
		return answer, nil
	}
	o.Refused(access)
	again, failed := o.Token(request.Context())
	if failed != nil {
		// The first request was refused, so nothing of it was done.
		return &Answer{}, failed
	}
	return send.Do(o.authorized(request, again, body))
}

// Sender sends requests, as Client and Limiter do.
type Sender interface {
	// Do is that of Client.
	Do(request *http.Request) (*Answer, error)
}

// rewind returns the body for a second try, nil if there can be none.
func rewind(request *http.Request) (io.ReadCloser, error) {
	switch {
	case request.Body == nil || request.Body == http.NoBody:
		return http.NoBody, nil
	case request.GetBody == nil:
		return nil, nil
	default:
		return request.GetBody()
	}
}

// authorized is the request with the token, and with the body if there is one.
func (o *OAuth) authorized(request *http.Request, access Secret, body io.ReadCloser) *http.Request {
	out := request.Clone(request.Context())
	if out.Header == nil {
		out.Header = http.Header{}
	}
	out.Header.Set("Authorization", o.settings.Scheme+" "+access.Reveal())
	if body != nil {
		out.Body = body
	}
	return out
}

// Refused says that the extra interface did not take the token, so that Token gets
// another one. It does nothing if there is a newer one already.
func (o *OAuth) Refused(access Secret) {
	o.tokens.drop(o.key, access.Reveal())
	if t, ok := readToken(o.env.State(), o.key); ok && t.Access == access.Reveal() {
		t.Access = "" // A refresh token that came with it is still good.
		o.env.SetState(t.bytes())
	}
}

// known is the token in the connection's state or of another connection with the
// same credentials, if it is still good.
func (o *OAuth) known() (token, bool) {
	now := o.env.Clock.Now()
	kept, _ := readToken(o.env.State(), o.key)
	if kept.good(now) && !o.tokens.isDropped(o.key, kept.Access) {
		return kept, true
	}
	shared, ok := o.tokens.get(o.key)
	if ok && shared.good(now) {
		o.keep(shared)
		return shared, true
	}
	return token{}, false
}

// keep puts a token into the connection's state, if it is not there.
func (o *OAuth) keep(t token) {
	if state := t.bytes(); !bytes.Equal(state, o.env.State()) {
		o.env.SetState(state)
	}
}

// reveal hands a token out. From then on it may turn up in what the plugin says.
func (o *OAuth) reveal(t token) Secret {
	o.env.masks.add(t.Access)
	if t.Refresh != "" {
		o.env.masks.add(t.Refresh)
	}
	return NewSecret(t.Access)
}
