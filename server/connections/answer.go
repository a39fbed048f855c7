package connections

import (
	"fmt"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
)

// Bounds of what a plugin's answer to a test may say.
const (
	maxAnswerText  = 1024
	maxAnswerItems = 50
)

// judge turns the answer of a plugin into that of the API. The answer is foreign:
// it is bounded, and a secret that it repeats is masked (promise P8).
func judge(answer *pluginv1.CheckConnectionResponse, on subject) *apiv1.TestConnectionResponse {
	clean := cleaner(on.given.secrets)
	response := &apiv1.TestConnectionResponse{
		AccountId:   clean(answer.GetAccountId()),
		AccountName: clean(answer.GetAccountName()),
	}
	for _, f := range answer.GetFaults()[:min(len(answer.GetFaults()), maxAnswerItems)] {
		response.Faults = append(response.Faults, &apiv1.ConnectionFault{
			Field: clean(f.GetField()), Reason: clean(f.GetReason()), Hint: clean(f.GetHint()),
		})
	}
	for _, warning := range answer.GetWarnings()[:min(len(answer.GetWarnings()), maxAnswerItems)] {
		response.Warnings = append(response.Warnings, clean(warning))
	}
	if wait := answer.GetRetryAfter().AsDuration(); wait > 0 {
		response.Warnings = append(response.Warnings,
			fmt.Sprintf("the extra interface asks to wait %s before the next test", wait))
	}
	switch answer.GetOutcome() {
	case pluginv1.CheckOutcome_CHECK_OUTCOME_OK:
		response.CheckState = apiv1.CheckState_CHECK_STATE_PASSED
		if on.description.GetLifecycle().GetState() == pluginv1.LifecycleState_LIFECYCLE_STATE_DEPRECATED {
			response.Warnings = append(response.Warnings,
				"the plugin is deprecated: "+clean(on.description.GetLifecycle().GetMessage()))
		}
	case pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY:
		response.CheckState = apiv1.CheckState_CHECK_STATE_FAILED
	default: // Unreachable, or what only a later contract knows.
		response.CheckState = apiv1.CheckState_CHECK_STATE_UNTESTED
		response.AccountId, response.AccountName = "", ""
		response.Warnings = append(response.Warnings,
			"the extra interface did not answer, so nothing is known of the settings; check that the server "+
				"reaches it and that no setting leads elsewhere, then test again")
	}
	return response
}

// faulty is the result of saved settings that the plugin does not take any more.
func faulty(violations []fault.Violation) *apiv1.TestConnectionResponse {
	response := &apiv1.TestConnectionResponse{CheckState: apiv1.CheckState_CHECK_STATE_FAILED}
	for _, v := range violations {
		_, field, _ := strings.Cut(v.Field, "[")
		response.Faults = append(response.Faults, &apiv1.ConnectionFault{
			Field: strings.TrimSuffix(field, "]"), Reason: "INVALID_SETTING",
			Hint: v.Rule + "; set it with UpdateConnection",
		})
	}
	return response
}

// cleaner returns a function that shortens a text and masks secrets in it.
func cleaner(secrets map[string]string) func(string) string {
	mask := Mask(secrets)
	return func(text string) string {
		return shortened(mask(text))
	}
}

// shortened is a foreign text of bounded length.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > maxAnswerText {
		return string(runes[:maxAnswerText]) + "…"
	}
	return text
}

// Mask returns a function that masks secrets in what a plugin shows (promise
// P8). Secrets of less than 6 bytes would mask parts of words and stay.
func Mask(secrets map[string]string) func(string) string {
	var pairs []string
	for _, name := range sortedNames(secrets) {
		if value := secrets[name]; len(value) >= 6 {
			pairs = append(pairs, value, "***")
		}
	}
	return strings.NewReplacer(pairs...).Replace
}
