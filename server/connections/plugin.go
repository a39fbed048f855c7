package connections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/seal"
	"github.com/spurline/spurline/server/store"
)

// pluginRetry is what a caller is told to wait for a plugin that does not run.
const pluginRetry = 5 * time.Second

// describe returns the description of an installed plugin.
func (s *Service) describe(plugin string) (*pluginv1.Description, error) {
	status, installed := s.options.Plugins.Plugin(plugin)
	if !installed {
		return nil, s.notInstalled(plugin)
	}
	if status.Description == nil {
		return nil, s.unavailable(plugin)
	}
	return status.Description, nil
}

func (s *Service) notInstalled(plugin string) error {
	var names []string
	for _, status := range s.options.Plugins.Plugins() {
		names = append(names, status.Name)
	}
	slices.Sort(names)
	installed := "no plugin is"
	if len(names) > 0 {
		installed = "installed: " + strings.Join(names, ", ")
	}
	return fault.New(codes.NotFound, apiv1.ErrorReason_ERROR_REASON_PLUGIN_NOT_FOUND,
		"plugin %q is not installed (%s); install it, or correct connection.plugin", plugin, installed)
}

func (s *Service) unavailable(plugin string) error {
	status, _ := s.options.Plugins.Plugin(plugin)
	why := status.State.String()
	if status.Reason != "" {
		why += ": " + status.Reason
	}
	return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_PLUGIN_UNAVAILABLE, pluginRetry,
		"plugin %q does not run now (%s); nothing was changed, try again in %s or see PluginService.GetPlugin",
		plugin, why, pluginRetry)
}

// calling turns the error of a call of a plugin into one of the API.
func (s *Service) calling(plugin string, err error) error {
	switch {
	case errors.Is(err, pluginhost.ErrNotInstalled):
		return s.notInstalled(plugin)
	case errors.Is(err, pluginhost.ErrUnavailable):
		return s.unavailable(plugin)
	default:
		return fault.Retry(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_PLUGIN_UNAVAILABLE, pluginRetry,
			"plugin %q failed the test, its lines in the server's log say why; nothing was changed, "+
				"try again in %s", plugin, pluginRetry)
	}
}

// unreadable says that secrets do not open, and what mends it.
func unreadable(name string, err error) error {
	if !errors.Is(err, seal.ErrUnreadable) {
		return fault.New(codes.Internal, apiv1.ErrorReason_ERROR_REASON_INTERNAL,
			"the secrets of %s are damaged; set all of them again with UpdateConnection", name)
	}
	return fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_SECRET_UNREADABLE,
		"the secrets of %s cannot be opened with the configured keys; configure the key set they were sealed "+
			"with, or set all of them again with UpdateConnection", name)
}

// unsealed says that secrets could not be sealed. Nothing was stored.
func (s *Service) unsealed(ctx context.Context, c store.Connection, err error) error {
	s.options.Logger.ErrorContext(ctx, "secrets not sealed", "connection", nameOf(c), "error", err)
	return fault.New(codes.Internal, apiv1.ErrorReason_ERROR_REASON_INTERNAL,
		"the secrets of %s could not be sealed, so nothing was stored; the server's log says why", nameOf(c))
}

// wrongPlugin is the violation of an edit that names another plugin.
func wrongPlugin(stored string) fault.Violation {
	return fault.Violation{
		Field: "connection.plugin",
		Rule:  fmt.Sprintf("must stay %q or be left out: it never changes; create another connection instead", stored),
	}
}
