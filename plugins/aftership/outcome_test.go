package aftership

import (
	"fmt"
	"net/http"
	"testing"
)

// TestErrorTable has every row of the AfterShip API reference, section 7.
func TestErrorTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status  int
		code    int // 0: the body is no envelope
		message string
		class   class
		reason  string
		scope   scope
	}{
		{400, 400, "", refused, "BAD_REQUEST", eitherEdit},
		{400, 0, "", refused, "BAD_REQUEST", eitherEdit},
		{400, 4001, "Invalid JSON data.", refused, "INVALID_JSON", settingsEdit},
		{400, 4002, "Invalid JSON data.", refused, "INVALID_JSON", settingsEdit},
		{400, 4003, "Tracking already exists.", duplicate, "ALREADY_EXISTS", eitherEdit},
		{404, 4004, "Tracking does not exist.", gone, "TRACKING_NOT_FOUND", eitherEdit},
		{400, 4005, "", refused, "TRACKING_NUMBER_INVALID", recordEdit},
		{400, 4006, "", refused, "GENERATION_MISMATCH", settingsEdit},
		{400, 4007, "", refused, "GENERATION_MISMATCH", settingsEdit},
		{400, 4008, "", refused, "VALUE_INVALID", recordEdit},
		{400, 4009, "", refused, "VALUE_REQUIRED", recordEdit},
		{400, 4010, "", refused, "COURIER_SLUG_INVALID", settingsEdit},
		{400, 4011, "", refused, "COURIER_NEEDS_FIELDS", eitherEdit},
		{400, 4012, "", refused, "COURIER_NOT_DETECTED", eitherEdit},
		{400, 4013, "", refused, "RETRACK_NOT_ALLOWED", eitherEdit},
		{400, 4014, "", refused, "NOTIFICATION_REQUIRED", eitherEdit},
		{400, 4015, "", gone, "TRACKING_ID_INVALID", eitherEdit},
		{400, 4016, "", refused, "RETRACK_NOT_ALLOWED", eitherEdit},
		{400, 4017, "", refused, "TRACKING_NUMBER_INVALID", recordEdit},
		{400, 4999, "", refused, "UNEXPECTED_ANSWER", eitherEdit},
		{401, 401, "", locked, "API_KEY_REFUSED", eitherEdit},
		{401, 0, "", locked, "API_KEY_REFUSED", eitherEdit},
		{402, 402, "", locked, "PAYMENT_REQUIRED", eitherEdit},
		{403, 403, "", locked, "ACCESS_FORBIDDEN", eitherEdit},
		{404, 404, "", locked, "API_NOT_FOUND", eitherEdit},
		{404, 0, "", locked, "API_NOT_FOUND", eitherEdit},
		{405, 405, "", refused, "UNEXPECTED_ANSWER", eitherEdit},
		{415, 0, "", refused, "UNEXPECTED_ANSWER", eitherEdit},
		{422, 422, "", refused, "UNEXPECTED_ANSWER", eitherEdit},
		{408, 408, "", again, "REMOTE_TIMEOUT", eitherEdit},
		{409, 409, "Resource already exists", duplicate, "ALREADY_EXISTS", eitherEdit},
		{409, 409, "edit conflict", again, "CONFLICT", eitherEdit},
		{409, 0, "", again, "CONFLICT", eitherEdit},
		{413, 0, "", refused, "REQUEST_TOO_LARGE", recordEdit},
		{429, 429, "", limited, "RATE_LIMITED", eitherEdit},
		{429, 0, "", limited, "RATE_LIMITED", eitherEdit},
		{500, 500, "", again, "REMOTE_FAULT", eitherEdit},
		{502, 0, "", again, "REMOTE_FAULT", eitherEdit},
		{503, 503, "", again, "REMOTE_FAULT", eitherEdit},
		{504, 0, "", again, "REMOTE_FAULT", eitherEdit},
		{599, 0, "", again, "REMOTE_FAULT", eitherEdit},
		{301, 0, "", locked, "REDIRECTED", eitherEdit},
		{302, 0, "", locked, "REDIRECTED", eitherEdit},
		{418, 418, "", refused, "UNEXPECTED_ANSWER", eitherEdit},
		// meta.code goes before the HTTP status, also where the two differ.
		{200, 4003, "", duplicate, "ALREADY_EXISTS", eitherEdit},
		{500, 4017, "", refused, "TRACKING_NUMBER_INVALID", recordEdit},
		{400, 429, "", limited, "RATE_LIMITED", eitherEdit},
		{200, 503, "", again, "REMOTE_FAULT", eitherEdit},
		// A code that is none does not hide the status.
		{503, 200, "", again, "REMOTE_FAULT", eitherEdit},
		{401, 7, "", locked, "API_KEY_REFUSED", eitherEdit},
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("%d %d %s", test.status, test.code, test.message), func(t *testing.T) {
			t.Parallel()
			e := envelope{readable: test.code != 0, code: test.code, message: test.message}
			a := answer{status: test.status, envelope: e}
			if a.ok() {
				t.Fatal("the answer counts as a success")
			}
			got := a.rule()
			if got.class != test.class || got.reason != test.reason || got.scope != test.scope || got.hint == "" {
				t.Errorf("ruling is %+v", got)
			}
		})
	}
}

func TestSuccesses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		e      envelope
	}{
		{http.StatusCreated, envelope{readable: true, code: 201}},
		{http.StatusOK, envelope{readable: true, code: 200}},
		{http.StatusAccepted, envelope{}},
		{http.StatusOK, envelope{readable: true}},
		{http.StatusNoContent, envelope{}},
	} {
		if a := (answer{status: test.status, envelope: test.e}); !a.ok() {
			t.Errorf("%d %+v is no success", test.status, test.e)
		}
	}
}
