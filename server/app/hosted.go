package app

import (
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
)

// hosted is the plugin host as dispatch sees it.
type hosted struct{ *pluginhost.Host }

// Describe returns a plugin's description as last given, and whether the plugin
// takes calls now.
func (h hosted) Describe(plugin string) (*pluginv1.Description, bool) {
	status, ok := h.Plugin(plugin)
	if !ok {
		return nil, false
	}
	return status.Description, status.State == pluginhost.Ready
}
