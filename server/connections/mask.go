package connections

import (
	"fmt"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
)

// Paths of an update mask.
const (
	pathTitle        = "title"
	pathSettings     = "settings"
	pathSetting      = "settings." // followed by the name of a field
	pathSecrets      = "secrets"
	pathFilter       = "filter"
	pathWaitForOrder = "wait_for_order"
	pathAllowRepeats = "allow_repeats"
)

// maskRule lists what an update may change.
const maskRule = "must be one of title, settings, settings.{field}, secrets, filter, wait_for_order, allow_repeats"

// verbsOf says how to change what an update cannot.
var verbsOf = map[string]string{
	"plugin": "never changes; create another connection instead",
	"name":   "never changes; create another connection instead",
	"state":  "is changed by PauseConnection, ResumeConnection and DisableConnection",
}

// mask returns the paths that an update changes: those given, or else every
// field that is set. Without a mask, a setting that is not given stays as it is:
// who sends one setting does not mean to lose the others.
func mask(request *apiv1.UpdateConnectionRequest, stored *apiv1.Connection) ([]string, []fault.Violation) {
	wanted := request.GetConnection()
	paths := request.GetUpdateMask().GetPaths()
	if len(paths) == 0 {
		return implied(wanted), otherOutputs(wanted, stored)
	}
	var violations []fault.Violation
	for i, path := range paths {
		switch path {
		case pathSecrets:
			if len(wanted.GetSecrets()) == 0 {
				violations = append(violations, fault.Violation{
					Field: "connection.secrets", Rule: "name the secrets to set, or use clear_secrets",
				})
			}
			continue
		case pathTitle, pathSettings, pathFilter, pathWaitForOrder, pathAllowRepeats:
			continue
		}
		if name, ok := strings.CutPrefix(path, pathSetting); ok && name != "" {
			continue
		}
		violations = append(violations, fault.Violation{
			Field: fmt.Sprintf("update_mask.paths[%d]", i), Rule: unchangeable(path),
		})
	}
	return paths, violations
}

// unchangeable says what an update may change, or how else to change this.
func unchangeable(path string) string {
	if verb, known := verbsOf[path]; known {
		return verb
	}
	return maskRule
}

// otherOutputs refuses output-only fields that are set to something else than is
// stored. What was read can be sent back as it is. Times are left out: a connection
// that was read before a test or a throttle has other ones, and nobody wants to set
// them.
func otherOutputs(wanted, stored *apiv1.Connection) []fault.Violation {
	var violations []fault.Violation
	for _, output := range []struct {
		path  string
		other bool
	}{
		{"state", wanted.GetState() != 0 && wanted.GetState() != stored.GetState()},
		{"pause_reason", wanted.GetPauseReason() != "" && wanted.GetPauseReason() != stored.GetPauseReason()},
		{"pause_hint", wanted.GetPauseHint() != "" && wanted.GetPauseHint() != stored.GetPauseHint()},
		{"check_state", wanted.GetCheckState() != 0 && wanted.GetCheckState() != stored.GetCheckState()},
		{"account_id", wanted.GetAccountId() != "" && wanted.GetAccountId() != stored.GetAccountId()},
		{"account_name", wanted.GetAccountName() != "" && wanted.GetAccountName() != stored.GetAccountName()},
	} {
		if output.other {
			violations = append(violations, fault.Violation{
				Field: "connection." + output.path, Rule: unchangeable(output.path),
			})
		}
	}
	return violations
}

// implied are the paths of the fields that are set, of the settings each one that
// is given.
func implied(c *apiv1.Connection) []string {
	var paths []string
	for path, set := range map[string]bool{
		pathTitle:        c.GetTitle() != "",
		pathSecrets:      len(c.GetSecrets()) > 0,
		pathFilter:       c.GetFilter() != "",
		pathWaitForOrder: c.GetWaitForOrder() != nil,
		pathAllowRepeats: c.GetAllowRepeats(),
	} {
		if set {
			paths = append(paths, path)
		}
	}
	for _, name := range sortedNames(c.GetSettings()) {
		paths = append(paths, pathSetting+name)
	}
	return paths
}
