// Command spurline-plugin-crash is the plugin of the benchmarks
// under another name: the one that crashes for some orders.
package main

import (
	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/server/bench/plugin"
)

func main() { sdk.Main(plugin.Plugin("crash")) }
