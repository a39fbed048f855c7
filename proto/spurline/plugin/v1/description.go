package pluginv1

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"google.golang.org/protobuf/proto"
)

// BinaryPrefix begins the name of every plugin's program.
const BinaryPrefix = "spurline-plugin-"

var pluginName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// ValidName says whether a plugin may have that name: lower-case letters, digits and
// hyphens, at most 63 of them, not beginning with a hyphen.
func ValidName(name string) bool { return pluginName.MatchString(name) }

const (
	// mostDescription bytes are kept of a plugin for as long as the host runs.
	mostDescription = 256 << 10
	// mostBatch is the largest batch_bytes; the call around it is larger.
	mostBatch = 4 << 20
)

// ValidateDescription holds a description against the name of the binary; if that is
// empty, any name will do. It returns all that is wrong with it, so that an author does
// not mend one fault at a time. A host refuses a plugin whose description has a fault.
// Nothing of it is quoted at length.
func ValidateDescription(name string, d *Description) error {
	if d == nil {
		return errors.New("it is missing")
	}
	if size := proto.Size(d); size > mostDescription {
		return fmt.Errorf("it has %d bytes, more than %d", size, mostDescription)
	}
	var faults []error
	switch {
	case name == "":
		if !ValidName(d.GetName()) {
			faults = append(faults, fmt.Errorf("name: %.64q is not lower-case letters, digits and hyphens", d.GetName()))
		}
	case d.GetName() != name:
		faults = append(faults, fmt.Errorf("name: is %q, but the binary is %s%s", d.GetName(), BinaryPrefix, name))
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

func knownContract(contract Contract) bool {
	switch contract {
	case Contract_CONTRACT_TRACKING_FORWARD, Contract_CONTRACT_ORDER_COPY:
		return true
	case Contract_CONTRACT_UNSPECIFIED:
		return false
	default:
		return false // Of a later host; ignored.
	}
}

func validatePace(pace *PaceHints) []error {
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
func validateJoinedFacts(d *Description) []error {
	var faults []error
	for i, joined := range d.GetJoinedFacts() {
		condition := joined.GetWhenSetting()
		if condition == "" {
			continue
		}
		if !slices.ContainsFunc(d.GetSettings(), func(field *SettingField) bool {
			return field.GetName() == condition && field.GetKind() == SettingKind_SETTING_KIND_BOOL
		}) {
			faults = append(faults, fmt.Errorf("joined_facts[%d]: when_setting: %q is not a bool setting", i, condition))
		}
	}
	return faults
}
