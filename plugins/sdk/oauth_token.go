package sdk

import (
	"cmp"
	"encoding/json"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// token is an access token as it is kept in a connection's state.
type token struct {
	// Key names the credentials that it was got with.
	Key string `json:"key"`
	// Access is the token, empty if it was refused.
	Access string `json:"access,omitempty"`
	// End is its last moment.
	End time.Time `json:"end"`
	// Refresh is the refresh token that came with it, empty if none did.
	Refresh string `json:"refresh,omitempty"`

	// got is when this process got it.
	got time.Time
}

// good says whether the token can still be used.
func (t token) good(now time.Time) bool { return t.Access != "" && now.Before(t.End.Add(-tokenMargin)) }

func (t token) bytes() []byte {
	raw, _ := json.Marshal(t) // Texts and a time always have a form.
	return raw
}

// readToken reads a connection's state. What is no token of these credentials is
// none: the settings may have been edited.
func readToken(state []byte, key string) (token, bool) {
	var t token
	if json.Unmarshal(state, &t) != nil || t.Key != key {
		return token{}, false
	}
	return t, true
}

// mostTokens is how many tokens are kept before those that ended are dropped.
const mostTokens = 1024

// tokens are those of all connections of the process, by their credentials.
type tokens struct {
	flights singleflight.Group
	spent   *tokenRequests

	mu   sync.Mutex
	last map[string]token
	// dropped is the access token that was refused last.
	dropped map[string]string
}

func newTokens() *tokens {
	return &tokens{spent: newTokenRequests(), last: map[string]token{}, dropped: map[string]string{}}
}

func (o *tokens) get(key string) (token, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t, ok := o.last[key]
	return t, ok
}

func (o *tokens) set(t token, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.last) >= mostTokens {
		for key, old := range o.last {
			if !old.good(now) {
				delete(o.last, key)
				delete(o.dropped, key)
			}
		}
	}
	t.got = now
	o.last[t.Key] = t
	delete(o.dropped, t.Key)
}

// isFresh says whether the process got the token just now.
func (o *tokens) isFresh(key, access string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.last[key]
	return t.Access == access && now.Sub(t.got) < tokenFresh
}

// drop forgets an access token that was refused. The host may send it once more with
// the connection's state.
func (o *tokens) drop(key, access string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.last[key]; t.Access == access {
		t.Access = ""
		o.last[key] = t
	}
	o.dropped[key] = access
}

func (o *tokens) isDropped(key, access string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dropped[key] == access
}

// refreshToken is the newest one: that of the process, that of the state, or that
// which the merchant entered.
func (o *OAuth) refreshToken() string {
	shared, _ := o.tokens.get(o.key)
	kept, _ := readToken(o.env.State(), o.key)
	return cmp.Or(shared.Refresh, kept.Refresh, o.settings.RefreshToken.Reveal())
}
