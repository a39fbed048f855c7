package sdk

import (
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Exit codes of a plugin.
const (
	exitOK     = 0
	exitAlone  = 1 // No host, or no way to serve it.
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
		}
	}
	if env(pluginv1.HandshakeCookieKey) == pluginv1.HandshakeCookieValue {
		return exitOK, false
	}
	_, _ = fmt.Fprintf(s.stderr, `%[1]s %[2]s is a Spurline plugin for %[3]s.

It does nothing on its own: the Spurline server starts it. Put this file, named
spurline-plugin-%[1]s, into the server's plugin directory and create a connection
with plugin %[1]q.

  --describe   print its settings and abilities as JSON
  --version    print its version
`, d.description.GetName(), d.description.GetVersion(), d.description.GetTitle())
	return exitAlone, true
}
