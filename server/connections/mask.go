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
// field that is set.
func mask(request *apiv1.UpdateConnectionRequest) ([]string, []fault.Violation) {
	paths := request.GetUpdateMask().GetPaths()
	if len(paths) == 0 {
		return implied(request.GetConnection()), nil
	}
	var violations []fault.Violation
	for i, path := range paths {
		switch path {
		case pathTitle, pathSettings, pathSecrets, pathFilter, pathWaitForOrder, pathAllowRepeats:
			continue
		}
		if name, ok := strings.CutPrefix(path, pathSetting); ok && name != "" {
			continue
		}
		rule := maskRule
		if verb, known := verbsOf[path]; known {
			rule = verb
		}
		violations = append(violations, fault.Violation{
			Field: fmt.Sprintf("update_mask.paths[%d]", i), Rule: rule,
		})
	}
	return paths, violations
}

func implied(c *apiv1.Connection) []string {
	var paths []string
	for path, set := range map[string]bool{
		pathTitle:        c.GetTitle() != "",
		pathSettings:     len(c.GetSettings()) > 0,
		pathSecrets:      len(c.GetSecrets()) > 0,
		pathFilter:       c.GetFilter() != "",
		pathWaitForOrder: c.GetWaitForOrder() != nil,
		pathAllowRepeats: c.GetAllowRepeats(),
	} {
		if set {
			paths = append(paths, path)
		}
	}
	return paths
}
