package pluginhost

// helperDir is set in the environment of a test binary that is to be a host.
const helperDir = "PLUGINHOST_TEST_HELPER_DIR"

func helperHost() int { return 0 }
