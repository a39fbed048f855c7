// Package pluginhost runs the plugins: it finds their binaries, pins what it
// executes, keeps one process per plugin alive and hands out typed calls.
//
// A plugin is disposable (promise P7). Whatever its process does, be it crash,
// hang, flood, lie or fork, costs the host a restart of that plugin and nothing
// else: no other plugin, no goroutine, no file descriptor, never the server.
// What a call does not answer is told apart by error, so that the caller knows
// which records were certainly not sent (ErrUnavailable) and which have an
// unknown fate (ErrLost, or an early end of the stream). Records that may be what
// crashed a plugin are tried in a process of their own: Host.Isolation.
//
//	host, err := pluginhost.New(pluginhost.Options{
//		Dirs:     []string{"/usr/lib/spurline"},
//		StateDir: "/var/lib/spurline",
//		Logger:   logger,
//	})
//	...
//	go host.Run(ctx) // Drains and returns when ctx ends.
//	if err := host.AwaitReady(ctx, "aftership"); err != nil { ... }
//	err = host.ForwardTracking(ctx, "aftership", request, func(r *pluginv1.DeliveryResult) { ... })
//
// One thing is out of reach where there are no control groups (Options.Cgroup): a
// grandchild that leaves the process group of its plugin on purpose is not found again.
//
// The handshake is that of github.com/hashicorp/go-plugin; starting, watching,
// logging and killing are our own, because that library reads log lines with
// unchecked casts, copies the host's environment, and kills only the direct
// child.
package pluginhost
