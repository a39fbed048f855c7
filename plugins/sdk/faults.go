package sdk

import (
	"errors"
	"strings"
)

// Faults are all that is wrong with the settings of a connection: the error of
// Plugin.New that names each setting at fault, so that a merchant mends all of them at
// once. The zero value is empty.
//
//	var faults sdk.Faults
//	pairs, err := sdk.ParsePairs(s.Mapping)
//	faults.Add("mapping", err)
//	…
//	if err := faults.Err(); err != nil {
//		return nil, err
//	}
type Faults []Fault

// Add notes an error as a fault of the setting; nil is none. Its text says what is wrong
// and what to enter. It is for the merchant, who knows the setting from its field.
func (f *Faults) Add(setting string, err error) {
	if err != nil {
		hint := strings.ReplaceAll(err.Error(), "\n", "; ") // As joined errors read.
		*f = append(*f, Fault{Field: setting, Reason: reasonSetting, Hint: hint})
	}
}

// Err returns the faults as an error, nil if there are none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// Error implements error.
func (f Faults) Error() string {
	texts := make([]string, 0, len(f))
	for _, fault := range f {
		text := fault.Hint
		if fault.Field != "" {
			text = fault.Field + ": " + text
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

// reasonSetting is the reason of a value that cannot be.
const reasonSetting = "SETTING_INVALID"

// faultsOf are those in an error of New. Every field is one of the plugin's, and every
// reason stable.
func faultsOf(err error, fields []field) []Fault {
	told, ok := errors.AsType[Faults](err)
	if !ok || len(told) == 0 {
		return []Fault{{Reason: reasonSettings, Hint: err.Error()}}
	}
	faults := make([]Fault, 0, len(told))
	for _, fault := range told {
		if fault.Field != "" && !hasField(fields, fault.Field) {
			fault.Hint, fault.Field = fault.Field+": "+fault.Hint, ""
		}
		if fault.Reason == "" {
			fault.Reason = reasonSetting
		}
		faults = append(faults, fault)
	}
	return faults
}
