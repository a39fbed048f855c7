//go:build !linux

package pluginhost

// residentMemory is not known here.
func residentMemory(int) int64 { return 0 }

// capMemory cannot limit another process here; what Options.MemoryLimit says is told to the
// plugin's runtime only.
func capMemory(int, int64) error { return nil }

// oomKills is not known here.
func oomKills() int64 { return 0 }
