package aftership

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestErrorTableOverTheWire sends every row of the AfterShip API reference,
// section 7, through the plugin: the outcome that the host acts on.
func TestErrorTableOverTheWire(t *testing.T) {
	t.Parallel()
	const unspecified = pluginv1.FixScope_FIX_SCOPE_UNSPECIFIED
	const record, settings = pluginv1.FixScope_FIX_SCOPE_RECORD, pluginv1.FixScope_FIX_SCOPE_SETTINGS
	tests := []struct {
		status, code int
		outcome      pluginv1.Outcome
		reason       string
		scope        pluginv1.FixScope
	}{
		{400, 400, isRejected, "BAD_REQUEST", unspecified},
		{400, 4001, isRejected, "INVALID_JSON", settings},
		{400, 4002, isRejected, "INVALID_JSON", settings},
		{404, 4004, isRetry, "TRACKING_NOT_FOUND", unspecified},
		{400, 4005, isRejected, "TRACKING_NUMBER_INVALID", record},
		{400, 4006, isRejected, "GENERATION_MISMATCH", settings},
		{400, 4007, isRejected, "GENERATION_MISMATCH", settings},
		{400, 4008, isRejected, "VALUE_INVALID", record},
		{400, 4009, isRejected, "VALUE_REQUIRED", record},
		{400, 4010, isRejected, "COURIER_SLUG_INVALID", settings},
		{400, 4011, isRejected, "COURIER_NEEDS_FIELDS", unspecified},
		{400, 4012, isRejected, "COURIER_NOT_DETECTED", unspecified},
		{400, 4013, isRejected, "RETRACK_NOT_ALLOWED", unspecified},
		{400, 4014, isRejected, "NOTIFICATION_REQUIRED", unspecified},
		{400, 4015, isRetry, "TRACKING_ID_INVALID", unspecified},
		{400, 4016, isRejected, "RETRACK_NOT_ALLOWED", unspecified},
		{400, 4017, isRejected, "TRACKING_NUMBER_INVALID", record},
		{401, 401, isUnauthorized, "API_KEY_REFUSED", unspecified},
		{402, 402, isUnauthorized, "PAYMENT_REQUIRED", unspecified},
		{403, 403, isUnauthorized, "ACCESS_FORBIDDEN", unspecified},
		{404, 404, isUnauthorized, "API_NOT_FOUND", unspecified},
		{405, 405, isRejected, "UNEXPECTED_ANSWER", unspecified},
		{408, 408, isRetry, "REMOTE_TIMEOUT", unspecified},
		{409, 409, isRetry, "CONFLICT", unspecified},
		{413, 413, isRejected, "REQUEST_TOO_LARGE", record},
		{415, 415, isRejected, "UNEXPECTED_ANSWER", unspecified},
		{422, 422, isRejected, "UNEXPECTED_ANSWER", unspecified},
		{429, 429, isThrottled, "RATE_LIMITED", unspecified},
		{500, 500, isRetry, "REMOTE_FAULT", unspecified},
		{502, 502, isRetry, "REMOTE_FAULT", unspecified},
		{503, 503, isRetry, "REMOTE_FAULT", unspecified},
		{504, 504, isRetry, "REMOTE_FAULT", unspecified},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d %d", test.status, test.code), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.Script(aftershiptest.Failure(test.status, test.code, "the vendor's words"))
			r := b.send(t, germany())
			want(t, r, test.outcome, test.reason)
			if r.FixScope() != test.scope || r.Exchange().HTTPStatus != test.status {
				t.Errorf("fix scope is %s, status %d", r.FixScope(), r.Exchange().HTTPStatus)
			}
			if !strings.Contains(r.Hint(), "the vendor's words") {
				t.Errorf("hint is %q", r.Hint())
			}
			if r.Outcome() == isRetry && test.code != 4004 && test.code != 4015 {
				want(t, b.send(t, after(germany(), r)), isDelivered, "")
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		fault   aftershiptest.Fault
		outcome pluginv1.Outcome
		reason  string
		hint    string
	}{
		{"page with 400", aftershiptest.HTML(400), isRejected, "BAD_REQUEST", ""},
		{"page with 403", aftershiptest.HTML(403), isUnauthorized, "ACCESS_FORBIDDEN", ""},
		{"page with 404", aftershiptest.HTML(404), isUnauthorized, "API_NOT_FOUND", ""},
		{"page with 502", aftershiptest.HTML(502), isRetry, "REMOTE_FAULT", ""},
		{"page with 200", aftershiptest.HTML(200), isDelivered, "", "could not be read"},
		{"nothing with 200", aftershiptest.Empty(200), isDelivered, "", "could not be read"},
		{"no JSON with 201", aftershiptest.NotJSON(201), isDelivered, "", "could not be read"},
		{"nothing with 500", aftershiptest.Empty(500), isRetry, "REMOTE_FAULT", ""},
		{"cut with 201", aftershiptest.Truncated(), isDelivered, "", "could not be read"},
		{"redirect", aftershiptest.Redirect("http://127.0.0.1:1/elsewhere"), isUnauthorized, "REDIRECTED", "base_url"},
		{"reset", aftershiptest.Reset(), isUnknown, "CONNECTION_FAILED", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			b.Script(test.fault)
			r := b.send(t, germany())
			want(t, r, test.outcome, test.reason)
			if !strings.Contains(r.Hint(), test.hint) {
				t.Errorf("hint is %q", r.Hint())
			}
		})
	}
}

// TestCutRefusal must not be taken for a refusal: what was cut off may have been
// a 4003.
func TestCutRefusal(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.seed(t, nil)
	b.Script(aftershiptest.Truncated())
	want(t, b.send(t, germany()), isRetry, "ANSWER_UNREADABLE")
}

// TestCutButClear has a status that says enough by itself.
func TestCutButClear(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.APIKey = sdk.NewSecret(aftershiptest.NoPlanKey) })
	b.Script(aftershiptest.Truncated())
	want(t, b.send(t, germany()), isUnauthorized, "ACCESS_FORBIDDEN")
}

// TestUnreadableLookUp must not be taken for "nothing there".
func TestUnreadableLookUp(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]aftershiptest.Fault{
		"cut": aftershiptest.Truncated(), "page": aftershiptest.HTML(200), "nothing": aftershiptest.Empty(200),
	} {
		b := newBench(t, nil)
		b.seed(t, nil)
		b.Script(fault.On("GET", ""))
		want(t, b.send(t, germany()), isRetry, "ANSWER_UNREADABLE")
		if calls := b.methods(); len(calls) != 2 {
			t.Errorf("%s: calls are %q", name, calls)
		}
	}
}

func TestNoAnswerInTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Script(aftershiptest.Hang().AfterStore())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r := b.forwarder.ForwardTracking(ctx, germany())
	want(t, r, isUnknown, "DEADLINE_EXCEEDED")
	want(t, b.send(t, after(germany(), r)), isDelivered, "")
	if len(b.Trackings()) != 1 {
		t.Errorf("%d trackings", len(b.Trackings()))
	}
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	b := newBench(t, func(s *Settings) { s.BaseURL = "http://" + closed.Addr().String() })
	want(t, b.send(t, germany()), isRetry, "NOT_CONNECTED")
}

func TestNoTimeLeft(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	r := b.forwarder.ForwardTracking(ctx, germany())
	want(t, r, isRetry, "DEADLINE_BEFORE_SEND")
	if calls := b.methods(); calls != nil {
		t.Errorf("calls are %q", calls)
	}
}

func TestKeysThatMayNot(t *testing.T) {
	t.Parallel()
	for key, reason := range map[string]string{
		"nobody":                  "API_KEY_REFUSED",
		aftershiptest.LegacyKey:   "API_KEY_REFUSED",
		aftershiptest.NoPlanKey:   "ACCESS_FORBIDDEN",
		aftershiptest.ReadOnlyKey: "ACCESS_FORBIDDEN",
	} {
		b := newBench(t, func(s *Settings) { s.APIKey = sdk.NewSecret(key) })
		want(t, b.send(t, germany()), isUnauthorized, reason)
	}
	legacy := newBench(t, func(s *Settings) {
		s.APIKey, s.Generation = sdk.NewSecret(aftershiptest.LegacyKey), legacyGeneration
	})
	want(t, legacy.send(t, germany()), isDelivered, "")
}

func TestUndetectedCourier(t *testing.T) {
	t.Parallel()
	for text := 1; text <= 5; text++ {
		b := newBench(t, nil, aftershiptest.WithUndetected(text))
		r := b.send(t, bare("ZZZZZ"))
		want(t, r, isRejected, "COURIER_NOT_DETECTED")
		if !strings.Contains(r.Hint(), "Cannot detect the courier") || !strings.Contains(r.Hint(), "courier_slugs") {
			t.Errorf("hint is %q", r.Hint())
		}
	}
}

// TestRequiredFieldsOfCouriers includes the couriers of v4 that ask for the
// older name of the country (AfterShip API reference, section 3).
func TestRequiredFieldsOfCouriers(t *testing.T) {
	t.Parallel()
	for _, g := range generations() {
		b := newBench(t, func(s *Settings) { s.Generation = g.name })
		d := germany()
		d.Record.Parcel.TrackingNumber = "3SABCD1234567"
		want(t, b.send(t, d), isDelivered, "")
		lacking := bare("RR123456785DE")
		r := b.send(t, lacking)
		if g.name == legacyGeneration {
			want(t, r, isRejected, "VALUE_REQUIRED")
		} else {
			want(t, r, isRejected, "COURIER_NEEDS_FIELDS")
		}
		if !strings.Contains(r.Hint(), "tracking_ship_date") {
			t.Errorf("hint is %q", r.Hint())
		}
		lacking.Record.Parcel.ShipDate = new("2026-11-20")
		want(t, b.send(t, lacking), isDelivered, "")
	}
}

func TestStatusOfTheExchange(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Script(aftershiptest.Status(http.StatusServiceUnavailable))
	if e := b.send(t, germany()).Exchange(); e.HTTPStatus != 503 || !strings.Contains(e.Request, dhlNumber) {
		t.Errorf("exchange is %+v", e)
	}
}
