// Command protodeps prints the third-party proto files that our sources import
// into the folder given as its argument, where buf.yaml expects them.
package main

import (
	"fmt"
	"os"

	"github.com/spurline/spurline/server/schema/thirdparty"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: protodeps DIR")
		os.Exit(2)
	}
	if err := thirdparty.Write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "protodeps:", err)
		os.Exit(1)
	}
}
