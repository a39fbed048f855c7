// Package plugins serves the PluginService: which plugins are installed, what
// their processes do, and what their connections need.
package plugins
