// Command spurline-plugin-zoho is the Zoho Inventory plugin. Spurline starts it.
package main

import (
	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho"
)

func main() { sdk.Main(zoho.Plugin()) }
