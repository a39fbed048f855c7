// Command unpaced is the Zoho Inventory plugin without its pace: the host of a crash
// test gives it records as fast as it can, and many at once.
package main

import (
	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho"
)

func main() {
	plugin := zoho.Plugin()
	plugin.Pace = sdk.Pace{RequestsPerSecond: 1000, Burst: 1000, Concurrency: 8, BatchRecords: 50}
	sdk.Main(plugin)
}
