package sdk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// defaultTokenLife is for an authority that does not say how long a token lasts.
	defaultTokenLife = time.Hour
	// longestTokenLife bounds what an authority says.
	longestTokenLife = 30 * 24 * time.Hour
	// patience is how long to wait after too many requests for tokens, if the
	// authority does not say. More of them prolong it.
	patience = 10 * time.Minute
	// mostToken is the most bytes of a token: two have to fit into the state.
	mostToken = 1900
)

// tokenAnswer is an answer to a request for a token: RFC 6749, sections 5.1 and 5.2.
type tokenAnswer struct {
	Access  string      `json:"access_token"`
	Refresh string      `json:"refresh_token"`
	Seconds json.Number `json:"expires_in"`
	Failure string      `json:"error"`
	Details string      `json:"error_description"`
}

// refresh gets a new token.
func (o *OAuth) refresh(ctx context.Context) (token, error) {
	if wait := o.tokens.spent.wait(o.key, o.settings, o.env.Clock.Now()); wait > 0 {
		return token{}, tokenLimited(wait)
	}
	refresh := o.refreshToken()
	form := url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refresh},
		"client_id": {o.settings.ClientID}, "client_secret": {o.settings.ClientSecret.Reveal()},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.settings.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return token{}, &tokenError{means: Unauthorized("TOKEN_ADDRESS_INVALID",
			"Correct the address for tokens in the settings.")}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	answer, err := o.env.HTTP.Do(request)
	now := o.env.Clock.Now()
	if answer.Written {
		o.tokens.spent.add(o.key, o.settings, now)
	}
	if err != nil {
		kind := kindOf(err)
		return token{}, &tokenError{means: Retry("TOKEN_"+kind.reason, "No access token could be got. "+kind.hint)}
	}
	read, err := readTokenAnswer(answer, now)
	if err != nil {
		o.tokens.spent.hold(o.key, o.settings, now, err)
		return token{}, err
	}
	t := token{Key: o.key, Access: read.Access, End: now.Add(read.life()), Refresh: read.Refresh}
	if t.Refresh == "" && refresh != o.settings.RefreshToken.Reveal() {
		t.Refresh = refresh // It goes on to be the one.
	}
	o.tokens.set(t, now)
	return t, nil
}

// life is how long a token lasts.
func (a tokenAnswer) life() time.Duration {
	seconds, err := a.Seconds.Int64()
	switch {
	case err != nil || seconds <= 0:
		return defaultTokenLife
	case seconds > int64(longestTokenLife/time.Second):
		return longestTokenLife
	default:
		return time.Duration(seconds) * time.Second
	}
}

// readTokenAnswer returns an answer with a token, or says what there is instead.
// Some authorities answer 200 with an error.
func readTokenAnswer(answer *Answer, now time.Time) (tokenAnswer, error) {
	var read tokenAnswer
	readable := json.Unmarshal(answer.Body, &read) == nil
	delay := ReadRetryAfter(answer.Header, now)
	switch status := answer.Status; {
	case status == http.StatusTooManyRequests, readable && tooMany(read):
		return read, tokenLimited(cmp.Or(delay, patience))
	case status >= 500, readable && (read.Failure == "server_error" || read.Failure == "temporarily_unavailable"):
		return read, &tokenError{means: RetryAfter(delay, "TOKEN_REMOTE_FAULT",
			"The authority for access tokens has a fault.")}
	case readable && read.Failure != "":
		return read, refusedAs(read.Failure)
	case status >= 200 && status < 300 && len(read.Access) > mostToken, len(read.Refresh) > mostToken:
		return read, &tokenError{means: Retry("TOKEN_TOO_LONG", "The authority gave an access token that is too long.")}
	case status >= 200 && status < 300 && readable && read.Access != "":
		return read, nil
	case status >= 200 && status < 300:
		return read, &tokenError{means: Retry("TOKEN_MISSING", "The address for access tokens answers, but not with one.")}
	case status == http.StatusBadRequest, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return read, refusedAs("")
	default:
		return read, &tokenError{means: tokenStatus(status, delay)}
	}
}

// tokenStatus is what a status means that comes without a token or a word why. A request
// for a token has nothing of a record in it, so where another one is a fault of the
// record or of the settings, this is one of the settings and stops all records alike.
func tokenStatus(status int, delay time.Duration) Result {
	means := fromStatus(status, delay)
	if means.outcome != pluginv1.Outcome_OUTCOME_REJECTED {
		return means
	}
	return Unauthorized(means.reason, fmt.Sprintf("The address for access tokens gives none and answers HTTP status %d: "+
		"check it in the connection's settings.", status))
}

// tooMany recognises a limit that is told as an error of another name.
func tooMany(read tokenAnswer) bool {
	details := strings.ToLower(read.Details)
	return read.Failure == "slow_down" || read.Failure != "" && strings.Contains(details, "too many requests")
}

func tokenLimited(delay time.Duration) *tokenError {
	return &tokenError{means: Throttled(delay, "TOKEN_RATE_LIMITED",
		"Too many access tokens were asked for with these credentials, here or elsewhere.")}
}
