// Command spurline-plugin-aftership is the AfterShip plugin. Spurline starts it.
package main

import (
	"github.com/spurline/spurline/plugins/aftership"
	"github.com/spurline/spurline/plugins/sdk"
)

func main() { sdk.Main(aftership.Plugin()) }
