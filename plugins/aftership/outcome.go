package aftership

import (
	"net/http"
	"strings"
)

// class is what a failure means for the delivery.
type class int

const (
	// refused: cannot succeed as it is.
	refused class = iota
	// duplicate: already there, to be looked up.
	duplicate
	// gone: the tracking that was addressed does not exist.
	gone
	// again: their side, try later.
	again
	// limited: too many calls.
	limited
	// locked: no delivery of the connection can succeed until somebody changes
	// the key, the plan or the address.
	locked
)

// scope says whose edit mends a refusal.
type scope int

const (
	// eitherEdit: of the record or of the settings.
	eitherEdit scope = iota
	recordEdit
	settingsEdit
)

// Reasons that the test of a connection acts on.
const (
	keyRefused      = "API_KEY_REFUSED"
	accessForbidden = "ACCESS_FORBIDDEN"
	paymentRequired = "PAYMENT_REQUIRED"
)

// ruling is the judgement of a failure.
type ruling struct {
	class  class
	reason string
	scope  scope
	// hint says what to change.
	hint string
}

// codeOf is the code to judge by: meta.code before the HTTP status, since the
// latter is coarser (AfterShip API reference, section 7). A meta.code that is no
// error, or none that is documented or like a status, does not count.
func codeOf(status int, e envelope) int {
	if e.readable && (e.code >= 4000 && e.code < 5000 || e.code >= 400 && e.code < 600) {
		return e.code
	}
	return status
}

// rule judges a failure by its code. The message only decides about 409, which
// is not documented and means "exists" only if it says so.
func rule(code int, message string) ruling {
	if r, ok := finerCodes()[code]; ok {
		return r
	}
	if code >= 4000 && code < 5000 {
		return unexpected()
	}
	return ruleStatus(code, message)
}

// finerCodes are the codes below an HTTP 400, and 4004 (AfterShip API reference,
// section 7).
func finerCodes() map[int]ruling {
	const ownFault = "this is a fault of the plugin or of a proxy in between: retry once, then report it with " +
		"the request and the answer shown here"
	const number = "correct the tracking number of the parcel"
	return map[int]ruling{
		4001: {refused, "INVALID_JSON", settingsEdit, ownFault},
		4002: {refused, "INVALID_JSON", settingsEdit, ownFault},
		4003: {class: duplicate, reason: "ALREADY_EXISTS", hint: "AfterShip already has this tracking"},
		4004: {gone, "TRACKING_NOT_FOUND", eitherEdit, "the tracking was deleted at AfterShip: retry to make it anew"},
		4005: {refused, "TRACKING_NUMBER_INVALID", recordEdit, number},
		4006: {
			refused, "GENERATION_MISMATCH", settingsEdit,
			"AfterShip expects the body of an older version: choose the api_generation that the base URL serves",
		},
		4007: {
			refused, "GENERATION_MISMATCH", settingsEdit,
			"AfterShip did not find the tracking number in the body: choose the api_generation that the base URL serves",
		},
		4008: {refused, "VALUE_INVALID", recordEdit, "correct the fact that AfterShip names"},
		4009: {refused, "VALUE_REQUIRED", recordEdit, "submit the fact that AfterShip names with the order or the parcel"},
		4010: {
			refused, "COURIER_SLUG_INVALID", settingsEdit,
			"correct the courier in courier_slugs: AfterShip's list of couriers has the right slugs",
		},
		4011: {
			refused, "COURIER_NEEDS_FIELDS", eitherEdit,
			"submit the facts that AfterShip names, or map the carrier to another courier in courier_slugs",
		},
		4012: {
			refused, "COURIER_NOT_DETECTED", eitherEdit,
			"correct the tracking number, enable the courier in AfterShip under Couriers and retry, or name it in " +
				"courier_slugs",
		},
		4013: {refused, "RETRACK_NOT_ALLOWED", eitherEdit, ownFault},
		4014: {refused, "NOTIFICATION_REQUIRED", eitherEdit, ownFault},
		4015: {gone, "TRACKING_ID_INVALID", eitherEdit, "the id kept is none of AfterShip's: retry to look it up anew"},
		4016: {refused, "RETRACK_NOT_ALLOWED", eitherEdit, ownFault},
		4017: {refused, "TRACKING_NUMBER_INVALID", recordEdit, number},
	}
}

// ruleStatus judges by HTTP status, or by a meta.code that is like one.
func ruleStatus(status int, message string) ruling {
	switch status {
	case http.StatusBadRequest:
		return ruling{
			refused, "BAD_REQUEST", eitherEdit,
			"AfterShip refused the facts as a whole: its answer says why; correct them or the settings",
		}
	case http.StatusUnauthorized:
		return ruling{
			class: locked, reason: keyRefused,
			hint: "AfterShip refuses the API key: copy it again from Settings > API there, or make a new one; a key " +
				"for the legacy API only works with api_generation v4",
		}
	case http.StatusPaymentRequired:
		return ruling{class: locked, reason: paymentRequired, hint: "AfterShip wants the account's payment settled"}
	case http.StatusForbidden:
		return ruling{
			class: locked, reason: accessForbidden,
			hint: "the AfterShip plan has no API access, or the key may not write trackings: change the plan or make " +
				"a key with that permission",
		}
	case http.StatusNotFound:
		return ruling{
			class: locked, reason: "API_NOT_FOUND",
			hint: "nothing answers at this address: AfterShip may have retired the version, choose a newer " +
				"api_generation, and check base_url",
		}
	case http.StatusRequestTimeout:
		return ruling{class: again, reason: "REMOTE_TIMEOUT", hint: "AfterShip took too long; it is tried again"}
	case http.StatusConflict:
		if says := strings.ToLower(message); strings.Contains(says, "exist") || strings.Contains(says, "duplicate") {
			return ruling{class: duplicate, reason: "ALREADY_EXISTS", hint: "AfterShip already has this tracking"}
		}
		return ruling{class: again, reason: "CONFLICT", hint: "AfterShip reports a conflict; it is tried again"}
	case http.StatusRequestEntityTooLarge:
		return ruling{refused, "REQUEST_TOO_LARGE", recordEdit, "shorten the texts of the order"}
	case http.StatusTooManyRequests:
		return ruling{
			class: limited, reason: "RATE_LIMITED",
			hint: "the AfterShip account made too many calls, here or elsewhere, or its daily quota is used up",
		}
	}
	switch {
	case status >= 300 && status < 400:
		return ruling{
			class: locked, reason: "REDIRECTED",
			hint: "the address redirects, which is never followed with the key: correct base_url",
		}
	case status >= 500:
		return ruling{class: again, reason: "REMOTE_FAULT", hint: "AfterShip has a fault; it is tried again"}
	default:
		return unexpected()
	}
}

func unexpected() ruling {
	return ruling{
		refused, "UNEXPECTED_ANSWER", eitherEdit,
		"AfterShip refused in a way that it does not document: its answer says why; report it if it does not help",
	}
}
