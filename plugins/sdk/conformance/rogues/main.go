// Command rogues is a gallery of plugins that misbehave, one for each way, and an
// honest one. Its own name chooses: spurline-plugin-liar, for example. But for its
// one vice each is a good plugin, made with the kit, so that what a test sees comes
// from that vice alone.
package main

import (
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// forever blocks until the process is killed. The runtime would take an empty
// select for a deadlock.
func forever() { <-time.After(time.Hour) }

func main() {
	if len(os.Args) > 1 && os.Args[1] == "grandchild" {
		forever()
	}
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), pluginv1.BinaryPrefix)
	if os.Getenv(pluginv1.HandshakeCookieKey) != pluginv1.HandshakeCookieValue {
		if name == "silent" {
			os.Exit(0)
		}
		_, _ = io.WriteString(os.Stderr, name+" is a Spurline plugin for tests; the server starts it.\n")
		os.Exit(1)
	}
	if name == "panicker" || name == "check-panicker" {
		sdk.Main(plugin(name)) // Which shows panics to those who check it.
	}
	server, err := sdk.NewServer(plugin(name), slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err != nil {
		_, _ = io.WriteString(os.Stderr, err.Error()+"\n")
		os.Exit(2)
	}
	r := &rogue{vice: name}
	r.beforeServe()
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  pluginv1.ProtocolVersion,
			MagicCookieKey:   pluginv1.HandshakeCookieKey,
			MagicCookieValue: pluginv1.HandshakeCookieValue,
		},
		Plugins: goplugin.PluginSet{"extra_interface": &shim{server: server}},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, grpc.StreamInterceptor(r.intercept),
				grpc.UnaryInterceptor(r.interceptUnary),
				grpc.MaxRecvMsgSize(pluginv1.MaxCallBytes))...)
		},
	})
}

// beforeServe does what the vice does to the process.
func (r *rogue) beforeServe() {
	switch r.vice {
	case "crash-loop":
		_, _ = io.WriteString(os.Stderr, "panic: no luck today\n\ngoroutine 1 [running]:\n")
		os.Exit(7)
	case "slow-start":
		forever()
	case "noisy-stdout":
		_, _ = io.WriteString(os.Stdout, "Welcome!\n")
	case "hostile-log":
		_, _ = io.WriteString(os.Stderr, `{"@level":3,"@message":"x"}`+"\n"+
			`{"@level":"info","@message":{},"@timestamp":[]}`+"\n")
	case "grandchild":
		child := exec.Command("/proc/self/exe", "grandchild") //nolint:noctx // It outlives everything by design.
		if err := child.Start(); err != nil {
			os.Exit(8)
		}
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		return // And does not heed the end of stdin.
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	go func() {
		<-terminated
		os.Exit(0)
	}()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}
