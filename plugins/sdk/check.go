package sdk

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// CheckResult is what a test of a connection found. It is made by one of the
// constructors; the zero value is read as unreachable.
type CheckResult struct {
	outcome                pluginv1.CheckOutcome
	accountID, accountName string
	faults                 []Fault
	warnings               []string
	hint                   string
	retryAfter             time.Duration
}

// Fault is what is wrong with a setting.
type Fault struct {
	// Field is the name of the setting; empty if no single one is at fault.
	Field string
	// Reason is stable and UPPER_SNAKE.
	Reason string
	// Hint says what to change.
	Hint string
}

// CheckOK means that the settings work. The account id names what the extra
// interface limits as one, and connections with equal ids share those limits.
func CheckOK(accountID, accountName string, warnings ...string) CheckResult {
	return CheckResult{
		outcome:   pluginv1.CheckOutcome_CHECK_OUTCOME_OK,
		accountID: accountID, accountName: accountName, warnings: slices.Clone(warnings),
	}
}

// CheckFaulty means that the settings cannot work.
func CheckFaulty(faults ...Fault) CheckResult {
	return CheckResult{outcome: pluginv1.CheckOutcome_CHECK_OUTCOME_FAULTY, faults: slices.Clone(faults)}
}

// CheckUnreachable means that the extra interface did not answer.
func CheckUnreachable(hint string) CheckResult {
	return CheckResult{outcome: pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE, hint: hint}
}

// WithRetryAfter says how long to wait before the next test.
func (c CheckResult) WithRetryAfter(delay time.Duration) CheckResult {
	c.retryAfter = delay
	return c
}

// Outcome returns the result; unspecified for the zero value.
func (c CheckResult) Outcome() pluginv1.CheckOutcome { return c.outcome }

// AccountID returns the id of the account.
func (c CheckResult) AccountID() string { return c.accountID }

// Faults returns a copy of the faults.
func (c CheckResult) Faults() []Fault { return slices.Clone(c.faults) }

func (c CheckResult) message(m masker) *pluginv1.CheckConnectionResponse {
	response := &pluginv1.CheckConnectionResponse{
		Outcome:     c.outcome,
		AccountId:   m.text(c.accountID),
		AccountName: m.text(c.accountName),
	}
	if c.outcome == pluginv1.CheckOutcome_CHECK_OUTCOME_UNSPECIFIED {
		response.Outcome = pluginv1.CheckOutcome_CHECK_OUTCOME_UNREACHABLE
	}
	response.Faults = faultMessages(c.faults, m)
	for _, warning := range c.warnings {
		response.Warnings = append(response.Warnings, m.excerpt(warning))
	}
	if c.hint != "" {
		// The contract has no other place for it.
		response.Warnings = append(response.Warnings, m.excerpt(c.hint))
	}
	if c.retryAfter > 0 {
		response.RetryAfter = durationpb.New(c.retryAfter)
	}
	return response
}

func faultMessages(faults []Fault, m masker) []*pluginv1.SettingFault {
	var messages []*pluginv1.SettingFault
	for _, fault := range faults {
		messages = append(messages, &pluginv1.SettingFault{
			Field: fault.Field, Reason: stableReason(m.text(fault.Reason)), Hint: m.excerpt(fault.Hint),
		})
	}
	return messages
}
