package pluginhost

import (
	"slices"
	"strings"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// passed are the variables that every plugin gets from the host's environment.
// Secrets of the server live in the environment too, so the list names what is
// allowed, not what is forbidden (promise P8).
var passed = []string{
	"PATH", "HOME", "TMPDIR", "TZ",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
	"http_proxy", "https_proxy", "no_proxy",
}

// allowed returns the part of the environment that a plugin may see. By variables of its
// own an operator tells it what no merchant may decide. A plugin whose name begins like
// another's ("acme" and "acme-eu") sees what is for that one too.
func allowed(plugin string, environ []string) []string {
	own := pluginv1.VariablePrefix(plugin)
	var kept []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(passed, name) || strings.HasPrefix(name, own) {
			kept = append(kept, variable)
		}
	}
	return kept
}
