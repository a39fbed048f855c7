package dispatch

import (
	"regexp"
	"strings"
	"unicode/utf8"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// What of a plugin's answer is kept at most. A plugin is not trusted to keep to
// it (promise P7).
const (
	maxReason   = 64
	maxHint     = 1024
	maxExcerpt  = 2048
	maxRemote   = 1024
	maxState    = 4096
	maxDiffers  = 32
	maxFieldLen = 128
)

var reasonPattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// readResult reads what a plugin answered. violation says how it breaks the
// contract; what can be used is used all the same.
func readResult(answer *pluginv1.DeliveryResult) (r result, violation string) {
	r = result{
		reason:          answer.GetReason(),
		hint:            cut(answer.GetHint(), maxHint),
		fixScope:        store.FixScope(answer.GetFixScope()),
		requestExcerpt:  cut(answer.GetRequestExcerpt(), maxExcerpt),
		responseExcerpt: cut(answer.GetResponseExcerpt(), maxExcerpt),
		httpStatus:      int(answer.GetHttpStatus()),
		remoteID:        cut(answer.GetRemoteId(), maxRemote),
		remoteURL:       cut(answer.GetRemoteUrl(), maxRemote),
		recordOnly:      answer.GetRecordOnly(),
	}
	if delay := answer.GetDelay(); delay.IsValid() {
		r.delay = max(delay.AsDuration(), 0)
	}
	if r.fixScope < store.FixEither || r.fixScope > store.FixSettings {
		r.fixScope, violation = store.FixEither, "undefined fix scope"
	}
	for _, field := range answer.GetDifferingFields() {
		if len(r.differingFields) < maxDiffers {
			r.differingFields = append(r.differingFields, cut(field, maxFieldLen))
		}
	}
	if answer.State != nil {
		if len(answer.State) <= maxState {
			r.state = append([]byte{}, answer.State...)
		} else {
			violation = "state larger than 4 KiB"
		}
	}
	if answer.ConnectionState != nil {
		if len(answer.ConnectionState) <= maxState {
			r.connectionState = append([]byte{}, answer.ConnectionState...)
		} else {
			violation = "connection state larger than 4 KiB"
		}
	}
	r.outcome = outcomeOf(answer.GetOutcome())
	if r.outcome == 0 {
		return unknownResult("OUTCOME_MISSING", "the plugin answered without a valid outcome"), "no valid outcome"
	}
	switch {
	case r.reason == "" && r.outcome == store.OutcomeDelivered:
	case len(r.reason) > maxReason || !reasonPattern.MatchString(r.reason):
		r.reason, violation = "REASON_MISSING", "reason is not UPPER_SNAKE"
	}
	return r, violation
}

func outcomeOf(o pluginv1.Outcome) store.Outcome {
	switch o {
	case pluginv1.Outcome_OUTCOME_DELIVERED:
		return store.OutcomeDelivered
	case pluginv1.Outcome_OUTCOME_ALREADY_PRESENT:
		return store.OutcomeAlreadyPresent
	case pluginv1.Outcome_OUTCOME_SKIPPED:
		return store.OutcomeSkipped
	case pluginv1.Outcome_OUTCOME_RETRY:
		return store.OutcomeRetry
	case pluginv1.Outcome_OUTCOME_THROTTLED:
		return store.OutcomeThrottled
	case pluginv1.Outcome_OUTCOME_REJECTED:
		return store.OutcomeRejected
	case pluginv1.Outcome_OUTCOME_UNAUTHORIZED:
		return store.OutcomeUnauthorized
	case pluginv1.Outcome_OUTCOME_UNKNOWN:
		return store.OutcomeUnknown
	case pluginv1.Outcome_OUTCOME_UNSPECIFIED:
	}
	return 0
}

func unknownResult(reason, hint string) result {
	return result{outcome: store.OutcomeUnknown, reason: reason, hint: hint}
}

// cut bounds a text to most bytes of valid UTF-8.
func cut(text string, most int) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	if len(text) <= most {
		return text
	}
	end := most - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
