package lookup

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/pluginhost"
)

// pluginRetry is what a caller is told to wait for a plugin that does not run.
const pluginRetry = 5 * time.Second

// Plugins is what looking up plugins needs of the plugin host.
type Plugins interface {
	Plugin(name string) (pluginhost.Status, bool)
	// Plugins returns all, by name.
	Plugins() []pluginhost.Status
}

// Description returns the description of an installed plugin.
func Description(plugins Plugins, name string) (*pluginv1.Description, error) {
	status, installed := plugins.Plugin(name)
	switch {
	case !installed:
		return nil, NotInstalled(plugins, name)
	case status.Description == nil:
		return nil, unavailable(plugins, name)
	}
	return status.Description, nil
}

// PluginFailed turns the error of a call of a plugin into one of the API. What
// exactly failed is for the operator: the caller of this logs it.
func PluginFailed(plugins Plugins, name string, err error) error {
	switch {
	case errors.Is(err, pluginhost.ErrNotInstalled):
		return NotInstalled(plugins, name)
	case errors.Is(err, pluginhost.ErrUnavailable):
		return unavailable(plugins, name)
	case errors.Is(err, pluginhost.ErrUnsupported):
		return fault.New(codes.Unimplemented, apiv1.ErrorReason_ERROR_REASON_PLUGIN_UNSUPPORTED,
			"plugin %q does not offer this; do without, or install a version that does", name)
	default:
		return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_PLUGIN_UNAVAILABLE, pluginRetry,
			"plugin %q failed the call, its lines in the server's log say why; nothing was changed, "+
				"try again in %s", name, pluginRetry)
	}
}

// NotInstalled says that there is no plugin of that name, and which there are.
func NotInstalled(plugins Plugins, name string) error {
	var names []string
	for _, status := range plugins.Plugins() {
		names = append(names, status.Name)
	}
	installed := "no plugin is"
	if len(names) > 0 {
		installed = "installed: " + strings.Join(names, ", ")
	}
	return fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_PLUGIN_NOT_FOUND,
		"plugin %q is not installed (%s); install it, or correct the name", name, installed)
}

func unavailable(plugins Plugins, name string) error {
	status, _ := plugins.Plugin(name)
	why := status.State.String()
	if status.Reason != "" {
		why += ": " + status.Reason
	}
	if status.State == pluginhost.Quarantined {
		return fault.New(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_PLUGIN_UNAVAILABLE,
			"plugin %q does not run now (%s); nothing was changed, it starts again only after a long wait; "+
				"PluginService.GetPlugin and the server's log say why, ReleasePlugin starts it at once", name, why)
	}
	return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_PLUGIN_UNAVAILABLE, pluginRetry,
		"plugin %q does not run now (%s); nothing was changed, try again in %s or see PluginService.GetPlugin",
		name, why, pluginRetry)
}
