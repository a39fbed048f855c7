// Command aftershiptest runs the stand-in for the AfterShip Tracking API as a
// program, for a first run of Spurline without an AfterShip account.
//
// It prints a line for every tracking it accepts, changes and deletes, with the
// very JSON it received, and shows its state at /_trackings and /_journal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/internal/standin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "aftershiptest:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	listen     string
	key        string
	undetected int
	limits     bool
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("aftershiptest", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8090", "`address` to listen on; port 0 picks a free one")
	flags.StringVar(&o.key, "key", aftershiptest.ValidKey, "API `key` that may do everything")
	flags.IntVar(&o.undetected, "undetected", 0,
		"`text` (1 to 5) of the error 4012 for a number of no known courier; 0 accepts it as \"unrecognized\"")
	flags.BoolVar(&o.limits, "limits", true, "enforce the documented rate limits")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	case o.key == "":
		return o, errors.New("--key must not be empty")
	case o.undetected < 0 || o.undetected > 5:
		return o, fmt.Errorf("--undetected is %d, must be 0 to 5", o.undetected)
	}
	return o, nil
}

// run serves until the context ends. The first line on out names the address.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	configured := []aftershiptest.Option{
		aftershiptest.WithKeys(
			aftershiptest.Key{Value: o.key},
			aftershiptest.Key{Value: aftershiptest.LegacyKey, Access: aftershiptest.LegacyOnly},
			aftershiptest.Key{Value: aftershiptest.NoPlanKey, Access: aftershiptest.NoPlan},
			aftershiptest.Key{Value: aftershiptest.ReadOnlyKey, Access: aftershiptest.ReadOnly},
		),
		aftershiptest.WithUndetected(o.undetected),
		aftershiptest.WithWriteWatcher(func(e aftershiptest.Exchange) { _, _ = fmt.Fprintln(out, line(e)) }),
	}
	if !o.limits {
		configured = append(configured, aftershiptest.WithoutRateLimits())
	}
	stand := aftershiptest.New(configured...)
	return standin.Serve(ctx, o.listen, stand, stand.Release, func(at net.Addr) {
		_, _ = fmt.Fprintf(out, "AfterShip stand-in at http://%s (trackings at /_trackings, calls at /_journal)\n", at)
	})
}
