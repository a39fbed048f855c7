package plugins

import (
	"context"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/paging"
	"github.com/spurline/spurline/server/resource"
)

// Service is the PluginService. Its methods may be called concurrently.
type Service struct {
	apiv1.UnimplementedPluginServiceServer
	host  lookup.Plugins
	pages *paging.Tokens
}

// New returns a service that shows the plugins of a host.
func New(host lookup.Plugins, pages *paging.Tokens) *Service {
	return &Service{host: host, pages: pages}
}

// GetPlugin reads one with its set-up steps and settings fields.
func (s *Service) GetPlugin(
	_ context.Context, request *apiv1.GetPluginRequest,
) (*apiv1.GetPluginResponse, error) {
	name, err := resource.ParsePlugin(request.GetName())
	if err != nil {
		return nil, fault.Invalid(fault.Violation{Field: "name", Rule: err.Error()})
	}
	status, installed := s.host.Plugin(name)
	if !installed {
		return nil, lookup.NotInstalled(s.host, name)
	}
	return &apiv1.GetPluginResponse{Plugin: toProto(status)}, nil
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
