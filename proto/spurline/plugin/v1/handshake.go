// Package pluginv1 is the contract between host and plugin, generated from its
// proto files, and what both have to know before they speak it.
package pluginv1

// What host and plugin agree on before they speak gRPC. A plugin is started
// with HandshakeCookieKey=HandshakeCookieValue in its environment, so that it
// can tell a host from a person at a terminal. The protocol version is the
// major version of this package.
const (
	HandshakeCookieKey   = "SPURLINE_PLUGIN"
	HandshakeCookieValue = "5bd4c54b0a6c4b3c9d6a5f0c2f1f7a0e"
	ProtocolVersion      = 1
)

// MaxCallBytes is the largest message on a call between host and plugin, in
// either direction. Both sides set their gRPC limits to it.
const MaxCallBytes = 8 << 20
