package plugins

import (
	"context"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/resource"
)

// Service is the PluginService. Its methods may be called concurrently.
type Service struct {
	apiv1.UnimplementedPluginServiceServer
	options Options
	host    Host
	pages   *paging.Tokens
}

// Host is what the service needs of the plugin host. Its errors are those of
// pluginhost.
type Host interface {
	lookup.Plugins
	Restart(ctx context.Context, name, reason string) error
	Release(ctx context.Context, name, reason string) error
	Upgrade(ctx context.Context, name, reason string, pause bool) error
	Reload(ctx context.Context) ([]pluginhost.Reloaded, error)
	CrashReports(name string) ([]pluginhost.CrashReport, bool)
	Lines(name string, after uint64) (lines []pluginhost.LogLine, more <-chan struct{}, installed bool)
}

// Options of a Service.
type Options struct {
	Host  Host
	Pages *paging.Tokens
	// Draining is closed when the server stops; streams end then. Nil: they do not.
	Draining <-chan struct{}
}

// New returns a service that shows and moves the plugins of a host.
func New(options Options) *Service {
	return &Service{options: options, host: options.Host, pages: options.Pages}
}

// GetPlugin reads one with its set-up steps and settings fields.
func (s *Service) GetPlugin(
	_ context.Context, request *apiv1.GetPluginRequest,
) (*apiv1.GetPluginResponse, error) {
	name, err := parse(request.GetName())
	if err != nil {
		return nil, err
	}
	plugin, err := s.show(name)
	return &apiv1.GetPluginResponse{Plugin: plugin}, err
}

func parse(name string) (string, error) {
	plugin, err := resource.ParsePlugin(name)
	if err != nil {
		return "", fault.Invalid(fault.Violation{Field: "name", Rule: err.Error()})
	}
	return plugin, nil
}

func (s *Service) show(name string) (*apiv1.Plugin, error) {
	status, installed := s.host.Plugin(name)
	if !installed {
		return nil, lookup.NotInstalled(s.host, name)
	}
	return toProto(status), nil
}

// ListPlugins lists all by name.
func (s *Service) ListPlugins(
	_ context.Context, request *apiv1.ListPluginsRequest,
) (*apiv1.ListPluginsResponse, error) {
	after, limit, err := s.pages.NamedPage(request)
	if err != nil {
		return nil, err
	}
	response := &apiv1.ListPluginsResponse{}
	last := ""
	for _, status := range s.host.Plugins() {
		if strings.Compare(status.Name, after) <= 0 {
			continue
		}
		if len(response.GetPlugins()) == limit {
			response.NextPageToken = s.pages.NextNamed(request, last)
			break
		}
		response.Plugins = append(response.Plugins, toProto(status))
		last = status.Name
	}
	return response, nil
}
