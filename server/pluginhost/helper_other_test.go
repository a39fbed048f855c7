//go:build !linux

package pluginhost

const helperMode = "PLUGINHOST_TEST_HELPER"

// helperHost is used by tests of what only Linux promises.
func helperHost() int { return 1 }
