package pluginhost

import (
	"slices"
	"strings"
)

// passed are the variables that a plugin gets from the host's environment.
// Secrets of the server live in the environment too, so the list names what is
// allowed, not what is forbidden (promise P8).
var passed = []string{
	"PATH", "HOME", "TMPDIR", "TZ",
	"SSL_CERT_FILE", "SSL_CERT_DIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
	"http_proxy", "https_proxy", "no_proxy",
}

// allowed returns the part of the environment that plugins may see.
func allowed(environ []string) []string {
	var kept []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if slices.Contains(passed, name) {
			kept = append(kept, variable)
		}
	}
	return kept
}
