package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestFromHTTP(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)
	const (
		settings = pluginv1.FixScope_FIX_SCOPE_SETTINGS
		record   = pluginv1.FixScope_FIX_SCOPE_RECORD
		neither  = pluginv1.FixScope_FIX_SCOPE_UNSPECIFIED
	)
	for _, test := range []struct {
		status  int
		after   string
		outcome pluginv1.Outcome
		reason  string
		fix     pluginv1.FixScope
		delay   time.Duration
	}{
		{200, "", pluginv1.Outcome_OUTCOME_DELIVERED, "", neither, 0},
		{204, "9", pluginv1.Outcome_OUTCOME_DELIVERED, "", neither, 0},
		{101, "", pluginv1.Outcome_OUTCOME_REJECTED, "NO_HTTP_API", settings, 0},
		{302, "", pluginv1.Outcome_OUTCOME_REJECTED, "REDIRECTED", settings, 0},
		{400, "", pluginv1.Outcome_OUTCOME_REJECTED, "REQUEST_REFUSED", neither, 0},
		{402, "", pluginv1.Outcome_OUTCOME_UNAUTHORIZED, "PAYMENT_REQUIRED", neither, 0},
		{407, "", pluginv1.Outcome_OUTCOME_REJECTED, "ENDPOINT_NOT_FOUND", settings, 0},
		{409, "", pluginv1.Outcome_OUTCOME_REJECTED, "REQUEST_REFUSED", neither, 0},
		{401, "", pluginv1.Outcome_OUTCOME_UNAUTHORIZED, "CREDENTIALS_REFUSED", neither, 0},
		{403, "", pluginv1.Outcome_OUTCOME_UNAUTHORIZED, "ACCESS_DENIED", neither, 0},
		{404, "", pluginv1.Outcome_OUTCOME_REJECTED, "ENDPOINT_NOT_FOUND", settings, 0},
		{408, "", pluginv1.Outcome_OUTCOME_RETRY, "REQUEST_TIMEOUT", neither, 0},
		{423, "5", pluginv1.Outcome_OUTCOME_RETRY, "NOT_NOW", neither, 5 * time.Second},
		{422, "", pluginv1.Outcome_OUTCOME_REJECTED, "REQUEST_REFUSED", record, 0},
		{429, "", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither, 0},
		{429, "30", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither, 30 * time.Second},
		{429, " 30 ", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither, 30 * time.Second},
		{429, "-1", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither, 0},
		{429, "soon", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither, 0},
		{429, "99999999999999999999", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither, 24 * time.Hour},
		{
			429, "Sun, 22 Nov 2026 19:01:00 GMT", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither,
			time.Minute,
		},
		{429, "Sun, 22 Nov 2026 18:00:00 GMT", pluginv1.Outcome_OUTCOME_THROTTLED, "RATE_LIMITED", neither, 0},
		{500, "", pluginv1.Outcome_OUTCOME_RETRY, "REMOTE_FAULT", neither, 0},
		{502, "", pluginv1.Outcome_OUTCOME_UNKNOWN, "GATEWAY_FAULT", neither, 0},
		{504, "", pluginv1.Outcome_OUTCOME_UNKNOWN, "GATEWAY_FAULT", neither, 0},
		{503, "7", pluginv1.Outcome_OUTCOME_RETRY, "REMOTE_FAULT", neither, 7 * time.Second},
		{599, "", pluginv1.Outcome_OUTCOME_RETRY, "REMOTE_FAULT", neither, 0},
		{0, "", pluginv1.Outcome_OUTCOME_RETRY, "REMOTE_FAULT", neither, 0},
	} {
		t.Run(fmt.Sprintf("%d %s", test.status, test.after), func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if test.after != "" {
				header.Set("Retry-After", test.after)
			}
			got := sdk.FromHTTP(test.status, header, now)
			if got.Outcome() != test.outcome || got.Reason() != test.reason || got.FixScope() != test.fix ||
				got.Delay() != test.delay || got.Exchange().HTTPStatus != test.status {
				t.Errorf("got %v %s %v %v", got.Outcome(), got.Reason(), got.FixScope(), got.Delay())
			}
			if got.Hint() == "" && test.outcome != pluginv1.Outcome_OUTCOME_DELIVERED {
				t.Error("no hint")
			}
		})
	}
}

func TestFromError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		err     error
		written bool
		outcome pluginv1.Outcome
		reason  string
	}{
		{"deadline before send", context.DeadlineExceeded, false, pluginv1.Outcome_OUTCOME_RETRY, "DEADLINE_BEFORE_SEND"},
		{"deadline after send", context.DeadlineExceeded, true, pluginv1.Outcome_OUTCOME_UNKNOWN, "DEADLINE_EXCEEDED"},
		{"canceled", context.Canceled, true, pluginv1.Outcome_OUTCOME_UNKNOWN, "CANCELED"},
		{"broken before", errors.New("x"), false, pluginv1.Outcome_OUTCOME_RETRY, "CONNECTION_FAILED"},
		{"broken after", errors.New("x"), true, pluginv1.Outcome_OUTCOME_UNKNOWN, "CONNECTION_FAILED"},
		{"nil", nil, true, pluginv1.Outcome_OUTCOME_UNKNOWN, "CONNECTION_FAILED"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := sdk.FromError(test.err, test.written)
			if got.Outcome() != test.outcome || got.Reason() != test.reason {
				t.Errorf("got %v %s", got.Outcome(), got.Reason())
			}
		})
	}
}
