// Command zohotest runs the stand-in for Zoho Inventory as a program, for a first run
// of Spurline without a Zoho account.
//
// It serves the accounts server and the API on one address, prints a line for every
// call, with the very JSON of what was written, and shows its state at /_salesorders,
// /_contacts, /_packages, /_shipments and /_journal.
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
	"strings"
	"syscall"

	"github.com/spurline/spurline/plugins/internal/standin"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "zohotest:", err)
		}
		stop()
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	listen       string
	organisation string
	client       string
	secret       string
	refresh      string
	skus         string
	limits       bool
	autoNumbers  bool
	reads        bool
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("zohotest", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8091", "`address` to listen on; port 0 picks a free one")
	flags.StringVar(&o.organisation, "organisation", zohotest.OrganisationID, "`id` of the organisation, digits")
	flags.StringVar(&o.client, "client-id", zohotest.ClientID, "`id` of the OAuth client")
	flags.StringVar(&o.secret, "client-secret", zohotest.ClientSecret, "`secret` of the OAuth client")
	flags.StringVar(&o.refresh, "refresh-token", zohotest.RefreshToken, "refresh `token`")
	flags.StringVar(&o.skus, "skus", "", "comma separated `SKUs` of items that exist")
	flags.BoolVar(&o.limits, "limits", true, "enforce the documented limits and the block")
	flags.BoolVar(&o.autoNumbers, "auto-numbers", true, "the organisation numbers its documents itself")
	flags.BoolVar(&o.reads, "reads", true, "print calls that only read, too")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q; see --help", flags.Arg(0))
	case o.organisation == "" || strings.Trim(o.organisation, "0123456789") != "":
		return o, errors.New("--organisation must be digits")
	case o.client == "" || o.secret == "" || o.refresh == "":
		return o, errors.New("--client-id, --client-secret and --refresh-token must not be empty")
	}
	return o, nil
}

// stand makes the stand-in that the flags ask for.
func stand(o options, out io.Writer) *zohotest.Server {
	configured := []zohotest.Option{
		zohotest.WithOrganisations(zohotest.Organisation{ID: o.organisation, ManualNumbers: !o.autoNumbers}),
		zohotest.WithClients(zohotest.Client{ID: o.client, Secret: o.secret, RefreshTokens: []string{o.refresh}}),
		zohotest.WithWatcher(func(e zohotest.Exchange) {
			if o.reads || e.Stored {
				_, _ = fmt.Fprintln(out, line(e))
			}
		}),
	}
	for sku := range strings.SplitSeq(o.skus, ",") {
		if sku = strings.TrimSpace(sku); sku != "" {
			configured = append(configured, zohotest.WithItems(zohotest.Item{SKU: sku, Rate: "1"}))
		}
	}
	if !o.limits {
		configured = append(configured, zohotest.WithoutLimits())
	}
	return zohotest.New(configured...)
}

// run serves until the context ends. The first line on out names the address.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	standIn := stand(o, out)
	return standin.Serve(ctx, o.listen, standIn, standIn.Release, func(at net.Addr) {
		_, _ = fmt.Fprintf(out, "Zoho Inventory stand-in at http://%s (orders at /_salesorders, calls at /_journal)\n", at)
	})
}
