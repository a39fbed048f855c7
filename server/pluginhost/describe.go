package pluginhost

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// mostDescription bytes are kept of a plugin for as long as the host runs.
	mostDescription = 256 << 10
	// mostBatch is the largest batch_bytes; the call around it is larger.
	mostBatch = 4 << 20
)

// validateDescription holds a description against the name of the binary; if that is
// empty, any name will do. It returns all that is wrong with a description, so that an
// author does not mend one fault at a time.
func validateDescription(name string, d *pluginv1.Description) error {
	if d == nil {
		return errors.New("it is missing")
	}
	if size := proto.Size(d); size > mostDescription {
		return fmt.Errorf("it has %d bytes, more than %d", size, mostDescription)
	}
	var faults []error
	switch {
	case name == "":
		if !namePattern.MatchString(d.GetName()) {
			faults = append(faults, fmt.Errorf("name: %.64q is not lower-case letters, digits and hyphens", d.GetName()))
		}
	case d.GetName() != name:
		faults = append(faults, fmt.Errorf("name: is %q, but the binary is %s%s", d.GetName(), binaryPrefix, name))
	}
	if d.GetVersion() == "" {
		faults = append(faults, errors.New("version: is missing"))
	}
	if !slices.ContainsFunc(d.GetContracts(), knownContract) {
		faults = append(faults, errors.New("contracts: none that this host knows"))
	}
	faults = append(faults, validatePace(d.GetPace())...)
	faults = append(faults, validateSettings(d.GetSettings())...)
	faults = append(faults, validateJoinedFacts(d)...)
	return errors.Join(faults...)
}

func knownContract(contract pluginv1.Contract) bool {
	switch contract {
	case pluginv1.Contract_CONTRACT_TRACKING_FORWARD, pluginv1.Contract_CONTRACT_ORDER_COPY:
		return true
	case pluginv1.Contract_CONTRACT_UNSPECIFIED:
		return false
	default:
		return false // Of a later host; ignored.
	}
}

func validatePace(pace *pluginv1.PaceHints) []error {
	var faults []error
	if bytes := pace.GetBatchBytes(); bytes > mostBatch {
		faults = append(faults, fmt.Errorf("pace: batch_bytes: is %d, more than %d", bytes, mostBatch))
	}
	if rate := pace.GetRequestsPerSecond(); rate < 0 || math.IsNaN(rate) || math.IsInf(rate, 0) {
		faults = append(faults, fmt.Errorf("pace: requests_per_second: %v is no rate", rate))
	}
	return faults
}

// validateJoinedFacts checks that a condition names a setting that can be true.
func validateJoinedFacts(d *pluginv1.Description) []error {
	var faults []error
	for i, joined := range d.GetJoinedFacts() {
		condition := joined.GetWhenSetting()
		if condition == "" {
			continue
		}
		if !slices.ContainsFunc(d.GetSettings(), func(field *pluginv1.SettingField) bool {
			return field.GetName() == condition && field.GetKind() == pluginv1.SettingKind_SETTING_KIND_BOOL
		}) {
			faults = append(faults, fmt.Errorf("joined_facts[%d]: when_setting: %q is not a bool setting", i, condition))
		}
	}
	return faults
}
