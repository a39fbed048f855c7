// Package connections serves the ConnectionService: a merchant's use of one
// extra interface, with its settings, sealed secrets, filter and state.
//
// What the plugin's description says about its settings is checked here before
// anything is stored, all violations at once. Planning never asks a plugin: what
// records a connection takes is computed from the description and the settings,
// see Takes, and stored with the connection.
//
// A Vault is the only place where secrets are opened (promise P8): for a call of
// the plugin, and to merge an edit.
package connections
