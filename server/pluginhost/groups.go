package pluginhost

import (
	"fmt"
	"path/filepath"

	"github.com/spurline/spurline/server/pluginhost/internal/cgroup"
)

// CgroupAuto in Options.Cgroup means the control group that the system delegates to the
// server, if it does.
const CgroupAuto = cgroup.Auto

// openGroups returns where processes of plugins get control groups, nil if they get none;
// an error only if they must.
func (o Options) openGroups() (*cgroup.Tree, error) {
	if o.Cgroup == "" {
		return nil, nil
	}
	owner, err := filepath.Abs(o.StateDir)
	if err != nil {
		return nil, err
	}
	groups, err := cgroup.Open(o.Cgroup, owner)
	switch {
	case err == nil:
		o.Logger.Info("plugins get control groups of their own", "cgroup", groups.Dir())
		return groups, nil
	case o.Cgroup == CgroupAuto:
		o.Logger.Info("plugins get no control groups, so their memory is capped and watched process by process",
			"reason", err.Error())
		return nil, nil
	default:
		return nil, fmt.Errorf("control group for plugins: %w", err)
	}
}
