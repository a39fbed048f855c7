package sdk

import (
	"os"
)

// Main serves the plugin to the host that started the process. It never
// returns: the process ends when the host closes its stdin, or on SIGTERM after
// the running deliveries, at the latest after five seconds.
//
// Without a host it prints what the plugin is and what to do with it, and ends
// with status 1; with --describe it prints the description as JSON, with
// --version the version; check, preview and serve are for its author, --help lists
// them. A declaration with faults ends it with status 2.
//
// From here on stdout is the host's: what the plugin prints goes to the log.
func Main[S, I any](p Plugin[S, I]) {
	d, err := define(p)
	streams := processStreams()
	if err != nil {
		os.Exit(streams.refuse(err))
	}
	if code, done := streams.answerHuman(d, os.Args[1:], os.Getenv); done {
		os.Exit(code)
	}
	os.Exit(streams.serve(d))
}
