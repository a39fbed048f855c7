package zoho

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	fixEither   = pluginv1.FixScope_FIX_SCOPE_UNSPECIFIED
	fixRecord   = pluginv1.FixScope_FIX_SCOPE_RECORD
	fixSettings = pluginv1.FixScope_FIX_SCOPE_SETTINGS
)

// TestErrorTable: every row of section 7, as the answer to the creation of a sales
// order, over the wire. Nothing is left behind.
func TestErrorTable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status, code int
		outcome      pluginv1.Outcome
		reason       string
		fix          pluginv1.FixScope
	}{
		{400, 4097, isRejected, "NUMBER_REFUSED", fixSettings},
		{400, 1001, isRejected, "NAME_TAKEN", fixEither},
		{404, 1002, isRejected, "NOT_FOUND", fixSettings},
		{400, 1002, isRejected, "NOT_FOUND", fixSettings},
		{400, 2, isRejected, "PARAMETER_INVALID", fixEither},
		{400, 4, isRejected, "VALUE_INVALID", fixRecord},
		{400, 6, isRejected, "VALUE_REQUIRED", fixEither},
		{400, 15, isRejected, "VALUE_TOO_LONG", fixRecord},
		{400, 1038, isRejected, "JSON_REFUSED", fixSettings},
		{405, 37, isRejected, "METHOD_REFUSED", fixSettings},
		{400, 3032, isRejected, "TAX_REFUSED", fixSettings},
		{400, 110817, isRejected, "TAX_REFUSED", fixSettings},
		{400, 110942, isRejected, "TAX_REFUSED", fixSettings},
		{400, 71510, isRejected, "TAX_REFUSED", fixSettings},
		{400, 71512, isRejected, "TAX_REFUSED", fixSettings},
		{400, 36026, isRejected, "REQUEST_REFUSED", fixEither},
		{400, 999999, isRejected, "REQUEST_REFUSED", fixEither},
		{422, 0, isRejected, "REQUEST_REFUSED", fixEither},
		{413, 0, isRejected, "REQUEST_TOO_LARGE", fixRecord},
		{404, 5, isUnauthorized, "API_NOT_FOUND", fixEither},
		{400, 6041, isUnauthorized, "ORGANISATION_REFUSED", fixEither},
		{404, 4029, isUnauthorized, "ORGANISATION_REFUSED", fixEither},
		{401, 14, isUnauthorized, "TOKEN_REFUSED", fixEither},
		{401, 57, isUnauthorized, "SCOPE_MISSING", fixEither},
		{403, 0, isUnauthorized, "ACCESS_REFUSED", fixEither},
		{403, 57, isUnauthorized, "SCOPE_MISSING", fixEither},
		{429, 44, isThrottled, "ORGANISATION_BLOCKED", fixEither},
		{429, 43, isThrottled, "ORGANISATION_BLOCKED", fixEither},
		{429, 45, isThrottled, "DAILY_QUOTA_USED", fixEither},
		{429, 1070, isThrottled, "TOO_MANY_AT_ONCE", fixEither},
		{429, 0, isThrottled, "RATE_LIMITED", fixEither},
		{500, 1000, isRetry, "REMOTE_FAULT", fixEither},
		{502, 0, isRetry, "REMOTE_FAULT", fixEither},
		{408, 0, isRetry, "REMOTE_TIMEOUT", fixEither},
		// A failure is one on HTTP 200 too (section 2).
		{200, 4, isRejected, "VALUE_INVALID", fixRecord},
		{200, 57, isUnauthorized, "SCOPE_MISSING", fixEither},
		{200, 44, isThrottled, "ORGANISATION_BLOCKED", fixEither},
		{201, 1000, isRetry, "REMOTE_FAULT", fixEither},
	} {
		t.Run(fmt.Sprintf("%d %d", row.status, row.code), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.stand.Script(zohotest.Failure(row.status, row.code, "for Jo Doe").On("POST", "/salesorders").Times(9))
			r := b.copyOrder(jo(), nil)
			want(t, r, row.outcome, row.reason)
			if r.GetFixScope() != row.fix {
				t.Errorf("fix scope is %s, want %s", r.GetFixScope(), row.fix)
			}
			if r.GetHint() == "" || strings.Contains(r.String(), "Jo Doe") {
				t.Errorf("hint %q, or the customer is named in %s", r.GetHint(), r)
			}
			if r.GetOutcome() == isUnauthorized && row.code == 57 && !strings.Contains(r.GetHint(), "salesorders.CREATE") {
				t.Errorf("the scope is not named in %q", r.GetHint())
			}
		})
	}
}

// TestWaits: how long the organisation waits, as Zoho says it or not (sections 7, 8).
func TestWaits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault zohotest.Fault
		wait  time.Duration
	}{
		"blocked, told":         {zohotest.Blocked(44, 40*time.Minute), 40 * time.Minute},
		"blocked, not told":     {zohotest.Blocked(43, 0), blockedFor},
		"quota":                 {zohotest.QuotaUsedUp(5 * time.Hour), 5 * time.Hour},
		"too many at once":      {zohotest.TooManyInFlight(), 5 * time.Second},
		"a 429 of another kind": {zohotest.HTML(http.StatusTooManyRequests), time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.stand.Script(test.fault.On("POST", "/salesorders"))
			r := b.copyOrder(jo(), nil)
			want(t, r, isThrottled, "")
			if got := r.GetDelay().AsDuration(); got != test.wait {
				t.Errorf("waits %s, want %s", got, test.wait)
			}
			if test.wait <= longestTurn {
				return // A call waits here for its turn.
			}
			// All connections of the organisation wait in the plugin too: no call is made.
			calls := b.calls(func() { want(t, b.copyOrder(jo(), r), isThrottled, "RATE_LIMITED") })
			if len(calls) > 0 {
				t.Errorf("calls during the block: %q", calls)
			}
		})
	}
}

const blockedFor = 30 * time.Minute

// TestUnreadableAnswers: what cannot be read is neither taken for done nor for refused.
// Whatever it is, the order is there once in the end.
func TestUnreadableAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault   zohotest.Fault
		outcome pluginv1.Outcome
	}{
		"cut short":           {zohotest.Truncated(), isUnknown},
		"cut JSON":            {zohotest.Garbled(), isUnknown},
		"not JSON":            {zohotest.NotJSON(http.StatusOK), isUnknown},
		"nothing":             {zohotest.Empty(http.StatusOK), isUnknown},
		"a page":              {zohotest.HTML(http.StatusOK), isUnknown},
		"a page of a gateway": {zohotest.HTML(http.StatusBadGateway), isRetry},
		"another type":        {zohotest.WrongType(), isDelivered},
		"reset before":        {zohotest.Reset(), isUnknown},
		"reset after":         {zohotest.Reset().AfterStore(), isUnknown},
		"500 after":           {zohotest.Status(http.StatusInternalServerError).AfterStore(), isRetry},
		"504 after":           {zohotest.HTML(http.StatusGatewayTimeout).AfterStore(), isRetry},
		"a redirect":          {zohotest.Redirect("https://example.com/"), isUnauthorized},
	} {
		for _, endpoint := range []string{"/salesorders", "/salesorders/{id}/status/confirmed", "/contacts"} {
			t.Run(name+" of POST "+endpoint, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.stand.Script(test.fault.On("POST", endpoint))
				r := b.copyOrder(jo(), nil)
				want(t, r, test.outcome, "")
				for tries := 0; r.GetOutcome() != isDelivered; tries++ {
					if tries > 5 {
						want(t, r, isDelivered, "")
					}
					b.clock.Advance(time.Minute)
					r = b.copyOrder(jo(), r)
				}
				o := b.order()
				if o.ID != r.GetRemoteId() || o.Status != "confirmed" || len(b.org.Contacts()) != 1 {
					t.Errorf("sales order %s is %s, remote id %s, %d customers", o.ID, o.Status, r.GetRemoteId(),
						len(b.org.Contacts()))
				}
			})
		}
	}
}

// TestRefusalCutShort: the code of a refusal says what it means, so one that broke off
// before it decides nothing, neither about the record nor about the connection.
func TestRefusalCutShort(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	b.stand.Script(zohotest.Truncated().On("POST", "/salesorders"))
	want(t, b.copyOrder(jo(), nil), isRetry, "ANSWER_UNREADABLE") // It was 400: the number is taken.
	b.stand.Script(zohotest.Truncated().On("GET", "/salesorders/{id}"))
	gone := &pluginv1.DeliveryResult{Outcome: isDelivered, RemoteId: "4815162342999999999"}
	want(t, b.copyOrder(jo(), gone), isRetry, "ANSWER_UNREADABLE") // It was 404: there is none with this id.
}

// TestFateUnknownIsLookedUp before anything is sent, and what is found is compared once
// more (section 3.4).
func TestFateUnknownIsLookedUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stand.Script(zohotest.Reset().AfterStore().On("POST", "/salesorders"))
	first := b.copyOrder(jo(), nil)
	want(t, first, isUnknown, "")
	calls := b.calls(func() { want(t, b.copyOrder(jo(), first), isDelivered, "") })
	if calls[0] != "GET /salesorders" || strings.Contains(strings.Join(calls, ","), "POST /salesorders,") {
		t.Errorf("took %q", calls)
	}
	if status := b.order().Status; status != "confirmed" {
		t.Errorf("status is %s", status)
	}
}
