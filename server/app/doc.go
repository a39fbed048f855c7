// Package app puts the parts of a server together: options in, a running process
// out. It listens before New returns, so that tests start it on port 0 in a
// folder of their own and know where it is.
//
//	server, err := app.New(ctx, app.Options{Config: settings, Log: os.Stderr})
//	...
//	err = server.Run(ctx) // until ctx ends and everything is drained
package app
