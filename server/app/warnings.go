package app

import (
	"log/slog"

	"github.com/spurline/spurline/server/pluginhost"
)

// warnAboutPlugins warns if no plugin was found: then no connection can be made.
func warnAboutPlugins(logger *slog.Logger, host *pluginhost.Host) {
	if len(host.Plugins()) == 0 {
		logger.Warn("no plugin was found, so nothing can be connected; plugins are programs named " +
			"spurline-plugin-NAME beside the binary or in a folder given with --plugin-dir")
	}
}
