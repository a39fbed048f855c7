// Command spurline-plugin-webhook is the webhook plugin. Spurline starts it.
package main

import (
	"fmt"
	"os"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/webhook"
)

func main() {
	operator, err := webhook.ReadOperator(os.Getenv)
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "what the operator set in the environment is wrong:\n%v\n", err)
		os.Exit(2)
	}
	sdk.Main(webhook.Plugin(operator))
}
