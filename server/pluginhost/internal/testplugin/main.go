// Command testplugin is the plugin of the host's tests. Its own name, the part
// after "spurline-plugin-" without a number at the end, chooses how its process
// behaves; the id of a delivery chooses how a call does. What is appended to its
// binary makes it another version, see trailer.
package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// forever blocks until the process is killed. The runtime would take an empty
// select for a deadlock.
func forever() { <-time.After(time.Hour) }

func main() {
	if len(os.Args) > 1 && os.Args[1] == "grandchild" {
		forever()
	}
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "spurline-plugin-")
	s := &service{
		name:      name,
		behaviour: strings.TrimRight(name, "-0123456789"),
		title:     "Test",
		stdout:    os.Stdout,
	}
	if len(os.Args) > 2 && os.Args[1] == "attach" {
		s.serveOn(os.Args[2])
		return
	}
	s.readTrailer()
	s.beforeServe()
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  pluginv1.ProtocolVersion,
			MagicCookieKey:   pluginv1.HandshakeCookieKey,
			MagicCookieValue: pluginv1.HandshakeCookieValue,
		},
		Plugins: goplugin.PluginSet{"extra_interface": &shim{service: s}},
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			// It may answer more than the host takes.
			return grpc.NewServer(append(options, grpc.UnaryInterceptor(s.wedge),
				grpc.MaxRecvMsgSize(pluginv1.MaxCallBytes))...)
		},
	})
}

// serveOn serves on a unix socket for a host that did not start the process.
func (s *service) serveOn(socket string) {
	listener, err := net.Listen("unix", socket) //nolint:noctx // It lives as long as the process.
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(s.wedge))
	healthy := health.NewServer()
	healthy.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, healthy)
	pluginv1.RegisterExtraInterfaceServiceServer(server, s)
	pluginv1.RegisterTrackingForwardServiceServer(server, s)
	_ = server.Serve(listener)
}

// beforeServe does what the behaviour does before the handshake.
func (s *service) beforeServe() {
	switch s.behaviour {
	case "crashing":
		_, _ = io.WriteString(os.Stderr, "panic: no luck today\n\ngoroutine 1 [running]:\n")
		os.Exit(7)
	case "once":
		// A second one at the same time crashes, a later one too.
		taken := filepath.Join(os.Getenv("HOME"), "taken")
		if err := os.Mkdir(taken, 0o700); err != nil { //nolint:gosec // The test chose the directory.
			_, _ = io.WriteString(os.Stderr, "panic: somebody is here already\n")
			os.Exit(7)
		}
	case "chatty-start":
		_, _ = io.WriteString(os.Stdout, "Welcome to the plugin!\n")
	case "endless-start":
		_, _ = io.WriteString(os.Stdout, strings.Repeat("x", 1<<20))
		forever()
	case "slow":
		forever()
	case "elsewhere":
		_, _ = io.WriteString(os.Stdout, "1|1|tcp|127.0.0.1:1|grpc\n")
		forever()
	case "without-cert":
		_, _ = io.WriteString(os.Stdout, "1|1|unix|"+os.Getenv("PLUGIN_UNIX_SOCKET_DIR")+"/none|grpc\n")
		forever()
	case "uninvited-cert":
		_, _ = io.WriteString(os.Stdout, "1|1|unix|"+os.Getenv("PLUGIN_UNIX_SOCKET_DIR")+"/none|grpc|"+
			strings.Repeat("A", 100)+"\n")
		forever()
	case "environ":
		directory, _ := os.Getwd()
		s.title = strings.Join(append(os.Environ(), "cwd="+directory), "\n")
	case "forking":
		child := exec.Command("/proc/self/exe", "grandchild") //nolint:noctx // It outlives everything by design.
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			os.Exit(8)
		}
		s.title = strconv.Itoa(child.Process.Pid)
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		return // And does not heed the end of stdin.
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

type shim struct {
	goplugin.NetRPCUnsupportedPlugin
	service *service
}

// GRPCServer implements goplugin.GRPCPlugin.
//
//nolint:unparam // The library wants an error.
func (p *shim) GRPCServer(_ *goplugin.GRPCBroker, server *grpc.Server) error {
	pluginv1.RegisterExtraInterfaceServiceServer(server, p.service)
	pluginv1.RegisterTrackingForwardServiceServer(server, p.service)
	return nil
}
