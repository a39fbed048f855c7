// Command spurline-plugin-bench is the plugin of the benchmarks.
package main

import (
	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/server/bench/plugin"
)

func main() { sdk.Main(plugin.Plugin("bench")) }
