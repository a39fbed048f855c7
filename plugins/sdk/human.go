package sdk

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/protobuf/encoding/protojson"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Exit codes of a plugin.
const (
	exitOK     = 0
	exitAlone  = 1 // No host, no way to serve it, or what was asked for failed.
	exitFaulty = 2 // The declaration of the plugin has faults.
)

// streams are the standard streams as the process got them. The variables of
// package os point elsewhere once the plugin serves.
type streams struct {
	stdin          io.Reader
	stdout, stderr *os.File
}

func processStreams() streams { return streams{os.Stdin, os.Stdout, os.Stderr} }

// refuse tells the author what is wrong with the declaration.
func (s streams) refuse(err error) (code int) {
	_, _ = fmt.Fprintf(s.stderr, "the plugin is declared wrongly:\n%v\n", err)
	return exitFaulty
}

// answerHuman answers whoever started the process if that is not a host.
func (s streams) answerHuman(d *definition, args []string, env func(string) string) (code int, done bool) {
	if len(args) > 0 {
		switch args[0] {
		case "--describe":
			raw, err := protojson.MarshalOptions{Multiline: true}.Marshal(d.description)
			if err != nil {
				return s.refuse(err), true
			}
			_, _ = fmt.Fprintln(s.stdout, string(raw))
			return exitOK, true
		case "--version":
			_, _ = fmt.Fprintln(s.stdout, d.description.GetVersion())
			return exitOK, true
		case "--help", "-h", "help":
			s.explain(d, s.stdout)
			return exitOK, true
		case "check":
			return s.verb(d, args, promptly(s.check)), true
		case "preview":
			return s.verb(d, args, promptly(s.preview)), true
		case "serve":
			return s.verb(d, args, s.attach), true
		case "--attach":
			return s.verb(d, []string{"--attach"}, s.attach), true
		}
	}
	if env(pluginv1.HandshakeCookieKey) == pluginv1.HandshakeCookieValue {
		return exitOK, false
	}
	if len(args) > 0 {
		_, _ = fmt.Fprintf(s.stderr, "%s: there is no %q\n\n", d.description.GetName(), args[0])
	}
	s.explain(d, s.stderr)
	return exitAlone, true
}

func (streams) explain(d *definition, out io.Writer) {
	_, _ = fmt.Fprintf(out, `%[1]s %[2]s is a Spurline plugin for %[3]s.

The Spurline server starts it: put this file, named spurline-plugin-%[1]s, into the
server's plugin directory and create a connection with plugin %[1]q.

By hand:

  check    [--settings FILE]                  test a connection
  preview  [--settings FILE] --tracking FILE  show what would be sent of a tracking
  preview  [--settings FILE] --order FILE     record or an order, both in proto JSON
  serve    [--listen HOST:PORT]               serve until Ctrl-C, for a debugger; a
                                              server attaches with --dev-attach
  --attach                                    the same on a socket of its own
  --describe                                  print settings and abilities as JSON
  --version                                   print the version

FILE has the keys "settings" and "secrets", in YAML or JSON; without --settings it is
read from standard input. Secrets go nowhere else: arguments are for all to see.
`, d.description.GetName(), d.description.GetVersion(), d.description.GetTitle())
}

// verb runs what somebody asked for by hand, until it is done or Ctrl-C. A second one ends
// the process at once.
func (s streams) verb(d *definition, args []string, run work) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	os.Stdout = s.stderr // What the plugin prints is not what was asked for.
	flags := flag.NewFlagSet(d.description.GetName()+" "+args[0], flag.ContinueOnError)
	flags.SetOutput(s.stderr)
	err := run(ctx, d, &arguments{flags, args[1:]})
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errTold):
		return exitAlone
	}
	_, _ = fmt.Fprintf(s.stderr, "%s %s: %v\n", d.description.GetName(), args[0], err)
	return exitAlone
}

// errTold means that the output says already what is wrong.
var errTold = errors.New("told")

// arguments are those after a verb.
type arguments struct {
	*flag.FlagSet
	given []string
}

// parse reads the arguments into the flags.
func (a *arguments) parse() error {
	if err := a.Parse(a.given); err != nil {
		return err
	}
	if a.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; see --help", a.Arg(0))
	}
	return nil
}
