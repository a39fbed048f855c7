package plugins_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/apitest"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/plugins"
)

// scripted is a host whose plugin "ship" answers orders with err.
type scripted struct {
	host

	err   error
	asked []string
	lines []pluginhost.LogLine
	more  chan struct{}
}

func newScripted() *scripted {
	return &scripted{
		host: host{{Name: "ship", State: pluginhost.Ready, Reason: "started"}}, more: make(chan struct{}),
	}
}

func (s *scripted) Restart(_ context.Context, name, reason string) error {
	return s.order("restart", name, reason)
}

func (s *scripted) Release(_ context.Context, name, reason string) error {
	return s.order("release", name, reason)
}

func (s *scripted) Upgrade(_ context.Context, name, reason string, pause bool) error {
	return s.order(fmt.Sprintf("upgrade %v", pause), name, reason)
}

func (s *scripted) order(what, name, reason string) error {
	s.asked = append(s.asked, what+" "+name+": "+reason)
	return s.err
}

func (*scripted) Reload(context.Context) ([]pluginhost.Reloaded, error) {
	return []pluginhost.Reloaded{
		{Name: "new", Action: pluginhost.Added},
		{Name: "ship", Action: pluginhost.Failed, Err: errors.New("no memory")},
	}, nil
}

func (*scripted) CrashReports(name string) ([]pluginhost.CrashReport, bool) {
	return []pluginhost.CrashReport{{
		Cause: pluginhost.CrashHung, Reason: "hung", PID: 7, Ready: time.Minute, Dump: []string{"goroutine 1"},
	}}, name == "ship"
}

func (s *scripted) Lines(name string, after uint64) ([]pluginhost.LogLine, <-chan struct{}, bool) {
	var lines []pluginhost.LogLine
	for _, line := range s.lines {
		if line.Number > after {
			lines = append(lines, line)
		}
	}
	return lines, s.more, name == "ship"
}

func client(t *testing.T, s *scripted, draining chan struct{}) apiv1.PluginServiceClient {
	t.Helper()
	service := plugins.New(plugins.Options{Host: s, Pages: paging.New(nil), Draining: draining})
	return apiv1.NewPluginServiceClient(apitest.Serve(t, func(r grpc.ServiceRegistrar) {
		apiv1.RegisterPluginServiceServer(r, service)
	}))
}

func TestOrders(t *testing.T) {
	t.Parallel()
	s := newScripted()
	c := client(t, s, nil)
	restarted, err := c.RestartPlugin(t.Context(), &apiv1.RestartPluginRequest{Name: "plugins/ship", Reason: "leaks"})
	if err != nil || restarted.GetPlugin().GetStateReason() != "started" {
		t.Errorf("restart = %v, %v", restarted, err)
	}
	if _, err := c.ReleasePlugin(t.Context(), &apiv1.ReleasePluginRequest{Name: "plugins/ship"}); err != nil {
		t.Error(err)
	}
	if _, err := c.UpgradePlugin(t.Context(), &apiv1.UpgradePluginRequest{
		Name: "plugins/ship", PauseRefused: true,
	}); err != nil {
		t.Error(err)
	}
	want := "restart ship: restart by an operator: leaks, release ship: released by an operator, " +
		"upgrade true ship: upgrade by an operator"
	if got := strings.Join(s.asked, ", "); got != want {
		t.Errorf("asked = %s", got)
	}
	reloaded, err := c.ReloadPlugins(t.Context(), &apiv1.ReloadPluginsRequest{})
	if err != nil || len(reloaded.GetPlugins()) != 2 || reloaded.GetPlugins()[0].GetPlugin() != "plugins/new" ||
		reloaded.GetPlugins()[0].GetAction() != apiv1.PluginReloadAction_PLUGIN_RELOAD_ACTION_ADDED ||
		reloaded.GetPlugins()[1].GetError() != "no memory" {
		t.Errorf("reloaded = %v, %v", reloaded, err)
	}
	reports, err := c.ListCrashReports(t.Context(), &apiv1.ListCrashReportsRequest{Name: "plugins/ship"})
	if err != nil || len(reports.GetCrashReports()) != 1 {
		t.Fatalf("reports = %v, %v", reports, err)
	}
	if r := reports.GetCrashReports()[0]; r.GetCause() != apiv1.PluginCrashCause_PLUGIN_CRASH_CAUSE_HUNG ||
		r.GetDump()[0] != "goroutine 1" || r.GetReadyDuration().AsDuration() != time.Minute {
		t.Errorf("report = %v", r)
	}
}

func TestRefusedOrders(t *testing.T) {
	t.Parallel()
	unsuitable := &pluginhost.UnsuitableError{Connections: []pluginhost.Unsuitable{
		{Name: "merchants/acme/connections/one", Faults: []string{"connection.secrets[token] is required"}},
	}}
	for _, test := range []struct {
		err    error
		code   codes.Code
		reason string
		part   string
	}{
		{errors.New("start: exit status 7"), codes.FailedPrecondition, "PLUGIN_START_FAILED", "exit status 7"},
		{
			fmt.Errorf("version 2: %w", unsuitable), codes.FailedPrecondition, "PLUGIN_UPGRADE_REFUSED",
			"merchants/acme/connections/one",
		},
		{fmt.Errorf("%w: digest", pluginhost.ErrRefused), codes.FailedPrecondition, "PLUGIN_UPGRADE_REFUSED", "digest"},
		{pluginhost.ErrNotInstalled, codes.NotFound, "PLUGIN_NOT_FOUND", "ship"},
		{pluginhost.ErrUnavailable, codes.Unavailable, "PLUGIN_UNAVAILABLE", "ship"},
	} {
		s := newScripted()
		s.err = test.err
		_, err := client(t, s, nil).UpgradePlugin(t.Context(), &apiv1.UpgradePluginRequest{Name: "plugins/ship"})
		apitest.WantError(t, err, test.code, test.reason, test.part)
		if errors.As(test.err, new(*pluginhost.UnsuitableError)) {
			wantSubject(t, err, "merchants/acme/connections/one", "connection.secrets[token] is required")
		}
	}
}

func wantSubject(t *testing.T, err error, name, faults string) {
	t.Helper()
	for _, detail := range status.Convert(err).Details() {
		failure, ok := detail.(*errdetails.PreconditionFailure)
		if ok && len(failure.GetViolations()) == 1 && failure.GetViolations()[0].GetSubject() == name &&
			failure.GetViolations()[0].GetDescription() == faults {
			return
		}
	}
	t.Errorf("no PreconditionFailure for %s in %v", name, status.Convert(err).Details())
}

func TestTailLogs(t *testing.T) {
	t.Parallel()
	s := newScripted()
	for n := range 5 {
		s.lines = append(s.lines, pluginhost.LogLine{
			Number: uint64(n + 10), Time: time.Unix(1, 0), PID: 7, Stream: "stderr", Text: fmt.Sprint(n),
		})
	}
	s.lines = append(s.lines, pluginhost.LogLine{Number: 20, Text: "after a gap"})
	draining := make(chan struct{})
	c := client(t, s, draining)
	for _, test := range []struct {
		lines uint32
		want  string
	}{{0, "0 1 2 3 4 after a gap/5"}, {2, "4 after a gap/5"}} {
		stream, err := c.TailLogs(t.Context(), &apiv1.TailLogsRequest{Name: "plugins/ship", Lines: test.lines})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := read(stream); got != test.want || !errors.Is(err, io.EOF) {
			t.Errorf("lines = %s, %v, want %s", got, err, test.want)
		}
	}
	stream, err := c.TailLogs(t.Context(), &apiv1.TailLogsRequest{Name: "plugins/ship", Lines: 1, Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	if line, err := stream.Recv(); err != nil || line.GetText() != "after a gap" || line.GetMissed() != 0 {
		t.Errorf("line = %v, %v", line, err)
	}
	close(draining)
	_, err = read(stream)
	apitest.WantError(t, err, codes.Unavailable, "DRAINING")
	stream, err = c.TailLogs(t.Context(), &apiv1.TailLogsRequest{Name: "plugins/absent"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = read(stream)
	apitest.WantError(t, err, codes.NotFound, "PLUGIN_NOT_FOUND")
}

// read reads a stream to its end and returns the texts with what was missed before.
func read(stream grpc.ServerStreamingClient[apiv1.TailLogsResponse]) (string, error) {
	var texts []string
	for {
		line, err := stream.Recv()
		if err != nil {
			return strings.Join(texts, " "), err
		}
		text := line.GetText()
		if line.GetMissed() > 0 {
			text += fmt.Sprintf("/%d", line.GetMissed())
		}
		texts = append(texts, text)
	}
}
