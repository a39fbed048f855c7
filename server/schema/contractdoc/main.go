// Command contractdoc writes the reference of the plugin contract into the file given
// as its argument.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spurline/spurline/server/schema/contract"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: contractdoc FILE")
		os.Exit(2)
	}
	text, err := contract.Reference(context.Background())
	if err == nil {
		err = os.WriteFile(os.Args[1], []byte(text), 0o644) //nolint:gosec // It is for all.
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "contractdoc:", err)
		os.Exit(1)
	}
}
