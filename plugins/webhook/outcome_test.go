package webhook

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestOutcomes has every status and what becomes of the event.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for status := 200; status < 600; status++ {
		outcome, reason := isRetry, ""
		switch {
		case status < 300:
			outcome = isDelivered
		case status < 400:
			outcome, reason = isRejected, "REDIRECTED"
		case status == 410:
			outcome, reason = isUnauthorized, "ENDPOINT_GONE"
		case status == 429:
			outcome, reason = isThrottled, "RATE_LIMITED"
		case status == 502, status == 504:
			outcome, reason = isUnknown, "GATEWAY_FAULT"
		case status == 503:
			reason = "RECEIVER_UNAVAILABLE"
		case status == 401, status == 403:
			reason = "RECEIVER_FORBIDS"
		case status == 404, status == 405:
			reason = "ENDPOINT_NOT_FOUND"
		case status == 413:
			reason = "EVENT_TOO_LARGE"
		case status < 500:
			reason = "RECEIVER_REFUSES"
		default:
			reason = "RECEIVER_FAULT"
		}
		b.Script(webhooktest.Status(status))
		r := b.sender.CopyOrder(t.Context(), anOrder())
		wanted(t, r, outcome, reason)
		if r.Exchange().HTTPStatus != status || r.Delay() != 0 {
			t.Errorf("%d: status %d, delay %s", status, r.Exchange().HTTPStatus, r.Delay())
		}
		scope := pluginv1.FixScope_FIX_SCOPE_UNSPECIFIED
		if outcome == isRejected {
			scope = pluginv1.FixScope_FIX_SCOPE_SETTINGS
		}
		if r.FixScope() != scope {
			t.Errorf("%d: mended by %s", status, r.FixScope())
		}
	}
	b.noProblems(t, 400)
}

// TestRetryAfter is honoured in both forms, whatever the status of the failure.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	b := newBench(t)
	b.remote.now = func() time.Time { return now }
	for _, test := range []struct {
		status  int
		wait    string
		outcome pluginv1.Outcome
		delay   time.Duration
	}{
		{429, "120", isThrottled, 2 * time.Minute},
		{429, now.Add(90 * time.Second).UTC().Format(http.TimeFormat), isThrottled, 90 * time.Second},
		{429, now.Add(-time.Hour).UTC().Format(http.TimeFormat), isThrottled, 0},
		{429, "999999999999999999999", isThrottled, 24 * time.Hour},
		{429, "soon", isThrottled, 0},
		{502, "30", isRetry, 30 * time.Second},
		{504, now.Add(time.Minute).UTC().Format(http.TimeFormat), isRetry, time.Minute},
		{503, "7", isRetry, 7 * time.Second},
		{500, "8", isRetry, 8 * time.Second},
		{400, "9", isRetry, 9 * time.Second},
		{502, "never", isUnknown, 0},
	} {
		b.Script(webhooktest.RetryAfter(test.status, test.wait))
		r := b.sender.CopyOrder(t.Context(), anOrder())
		if r.Outcome() != test.outcome || r.Delay() != test.delay {
			t.Errorf("%d %q: %s after %s, want %s after %s",
				test.status, test.wait, r.Outcome(), r.Delay(), test.outcome, test.delay)
		}
	}
}

// TestNoAnswer: what may have arrived is of unknown fate, what did not leave is not.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.TimeoutSeconds = 1 })
	b.Script(webhooktest.Reset(), webhooktest.Hang())
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isUnknown, "CONNECTION_FAILED")
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isUnknown, "DEADLINE_EXCEEDED")
	b.Script(webhooktest.Truncated(200), webhooktest.Truncated(500))
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isDelivered, "")
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isRetry, "RECEIVER_FAULT")
	over, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	wanted(t, b.sender.CopyOrder(over, anOrder()), isRetry, "DEADLINE_BEFORE_SEND")
	b.noProblems(t, 4)
	b.remote.http.CloseIdleConnections()
	b.server.Close()
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isRetry, "NOT_CONNECTED")
}

// TestLongAnswers are read in part, and shown in part.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Script(webhooktest.Answer(500, nil, strings.Repeat("ä\n\x00", 1<<20)))
	r := b.sender.CopyOrder(t.Context(), anOrder())
	wanted(t, r, isRetry, "RECEIVER_FAULT")
	if shown := r.Exchange().Response; len(shown) > 1000 || strings.Count(shown, "\n") != 1 || !utf8.ValidString(shown) {
		t.Errorf("shown are %d bytes: %q", len(shown), shown[:100])
	}
	b.Script(webhooktest.Answer(500, headers("Junk", strings.Repeat("x", 4*mostAnswerHeader)), ""))
	wanted(t, b.sender.CopyOrder(t.Context(), anOrder()), isUnknown, "CONNECTION_FAILED")
}

// FuzzAnswer: whatever a receiver answers leads to an outcome of the contract with a
// bounded text.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "", "", "ok")
	f.Add(302, "5", "https://user:password@elsewhere.example/path?token=1", "")
	f.Add(429, "Wed, 21 Oct 2026 07:28:00 GMT", "", "slow\r\ndown")
	f.Add(302, "\xfe", "https://\xfe/", "")
	f.Add(599, "-1", "http://[::1", "\xff\xfe")
	sender := makeSender(f, env(), goodSettings("https://example.com/hooks"), newRemote(Operator{}, nil, nil, time.Now))
	f.Fuzz(func(t *testing.T, status int, wait, location, body string) {
		if status < 200 || status > 999 {
			return // net/http hands on no others.
		}
		a := answer{
			status: status, header: headers("Retry-After", wait, "Location", location), body: []byte(body),
			written: true, at: placed,
		}
		r := a.judge("msg_1")
		x := sender.excerpt(event{id: "msg_1", private: []string{"erika@example.com"}}, a)
		if r.Outcome() == pluginv1.Outcome_OUTCOME_UNSPECIFIED || r.Delay() < 0 || r.Delay() > 24*time.Hour {
			t.Errorf("outcome %s after %s", r.Outcome(), r.Delay())
		}
		if good := status < 300; good != (r.Outcome() == isDelivered) {
			t.Errorf("%d is %s", status, r.Outcome())
		}
		for _, text := range []string{r.Hint(), x.Response} {
			if len(text) > 3000 || !utf8.ValidString(text) || strings.ContainsAny(text, "\r\x00") {
				t.Errorf("text is %q", text)
			}
		}
		if strings.Contains(strings.ToLower(x.Response), "erika@example.com") {
			t.Errorf("personal data in %q", x.Response)
		}
	})
}
