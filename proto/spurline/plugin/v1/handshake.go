// Package pluginv1 is the contract between host and plugin, generated from its
// proto files, and what both have to know before they speak it.
package pluginv1

import "strings"

// What host and plugin agree on before they speak gRPC. A plugin is started
// with HandshakeCookieKey=HandshakeCookieValue in its environment, so that it
// can tell a host from a person at a terminal. The protocol version is the
// major version of this package.
const (
	HandshakeCookieKey   = "SPURLINE_PLUGIN"
	HandshakeCookieValue = "5bd4c54b0a6c4b3c9d6a5f0c2f1f7a0e"
	ProtocolVersion      = 1
)

// ShowPanics is, after VariablePrefix, the name of a variable that is "true" for a plugin
// whose author looks on, as it is checked or tried: its log and its results then tell what
// it panicked with, which may quote what it was sent.
const ShowPanics = "SHOW_PANICS"

// VariablePrefix begins the names of the environment's variables that are for one plugin
// alone: SPURLINE_PLUGIN_, the name of the plugin in upper case with _ for -, and one
// more _.
func VariablePrefix(plugin string) string {
	return HandshakeCookieKey + "_" + strings.ToUpper(strings.ReplaceAll(plugin, "-", "_")) + "_"
}

// MaxCallBytes is the largest message on a call between host and plugin, in
// either direction. Both sides set their gRPC limits to it.
const MaxCallBytes = 8 << 20
