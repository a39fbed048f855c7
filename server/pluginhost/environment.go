package pluginhost

import (
	"slices"
	"strings"
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

// ownPrefix begins the names of the variables that are for one plugin alone, by which
// an operator tells it what no merchant may decide: SPURLINE_PLUGIN_, the name of the
// plugin in upper case with _ for -, and one more _. A plugin whose name begins like
// another's ("acme" and "acme-eu") sees what is for that one too.
func ownPrefix(plugin string) string {
	return "SPURLINE_PLUGIN_" + strings.ToUpper(strings.ReplaceAll(plugin, "-", "_")) + "_"
}

// allowed returns the part of the environment that a plugin may see.
func allowed(plugin string, environ []string) []string {
	own := ownPrefix(plugin)
	var kept []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(passed, name) || strings.HasPrefix(name, own) {
			kept = append(kept, variable)
		}
	}
	return kept
}
