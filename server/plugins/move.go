package plugins

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/pluginhost"
)

// longest is how long a call waits for a process if its caller waits longer.
const longest = 5 * time.Minute

// RestartPlugin gives a plugin another process of the same binary.
func (s *Service) RestartPlugin(
	ctx context.Context, request *apiv1.RestartPluginRequest,
) (*apiv1.RestartPluginResponse, error) {
	plugin, err := s.move(ctx, request.GetName(), func(ctx context.Context, name string) error {
		return s.host.Restart(ctx, name, why("restart", request.GetReason()))
	})
	return &apiv1.RestartPluginResponse{Plugin: plugin}, err
}

// ReleasePlugin ends the wait of a plugin.
func (s *Service) ReleasePlugin(
	ctx context.Context, request *apiv1.ReleasePluginRequest,
) (*apiv1.ReleasePluginResponse, error) {
	plugin, err := s.move(ctx, request.GetName(), func(ctx context.Context, name string) error {
		return s.host.Release(ctx, name, why("released", request.GetReason()))
	})
	return &apiv1.ReleasePluginResponse{Plugin: plugin}, err
}

// UpgradePlugin takes the binary that is in the plugin's folder now.
func (s *Service) UpgradePlugin(
	ctx context.Context, request *apiv1.UpgradePluginRequest,
) (*apiv1.UpgradePluginResponse, error) {
	plugin, err := s.move(ctx, request.GetName(), func(ctx context.Context, name string) error {
		return s.host.Upgrade(ctx, name, why("upgrade", request.GetReason()), request.GetPauseRefused())
	})
	return &apiv1.UpgradePluginResponse{Plugin: plugin}, err
}

// ReloadPlugins takes what is new, has changed or is gone in the folders of plugins.
func (s *Service) ReloadPlugins(
	ctx context.Context, _ *apiv1.ReloadPluginsRequest,
) (*apiv1.ReloadPluginsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	done, err := s.host.Reload(ctx)
	if err != nil {
		return nil, fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_PLUGIN_START_FAILED,
			"the folders of plugins cannot be read: %v; mend that, nothing was changed", err)
	}
	response := &apiv1.ReloadPluginsResponse{}
	for _, reloaded := range done {
		response.Plugins = append(response.Plugins, reloadToProto(reloaded))
	}
	return response, nil
}

// why is the reason that the log and the state show.
func why(what, reason string) string {
	if reason == "" {
		return what + " by an operator"
	}
	return what + " by an operator: " + reason
}

// move moves a plugin's process and shows what came of it.
func (s *Service) move(
	ctx context.Context, resourceName string, do func(ctx context.Context, name string) error,
) (*apiv1.Plugin, error) {
	name, err := parse(resourceName)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if err := do(bounded, name); err != nil {
		return nil, s.notMoved(bounded, name, err)
	}
	return s.show(name)
}

func (s *Service) notMoved(ctx context.Context, name string, err error) error {
	var unsuitable *pluginhost.UnsuitableError
	switch {
	case errors.Is(err, pluginhost.ErrNotInstalled), errors.Is(err, pluginhost.ErrUnavailable):
		return lookup.PluginFailed(s.host, name, err)
	case ctx.Err() != nil:
		return status.FromContextError(ctx.Err()).Err()
	case errors.As(err, &unsuitable):
		subjects := make([]fault.Subject, 0, len(unsuitable.Connections))
		for _, c := range unsuitable.Connections[:min(mostSubjects, len(unsuitable.Connections))] {
			subjects = append(subjects, fault.Subject{Name: c.Name, Faults: strings.Join(c.Faults, ", ")})
		}
		return fault.Precondition(apiv1.ErrorReason_ERROR_REASON_PLUGIN_UPGRADE_REFUSED, subjects,
			"plugin %q was not upgraded: %v; mend these connections, or upgrade with pause_refused", name, err)
	case errors.Is(err, pluginhost.ErrRefused):
		return fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_PLUGIN_UPGRADE_REFUSED,
			"plugin %q was refused: %v", name, err)
	default:
		return fault.New(codes.FailedPrecondition, apiv1.ErrorReason_ERROR_REASON_PLUGIN_START_FAILED,
			"plugin %q has no new process: %v; ListCrashReports shows what it wrote", name, err)
	}
}

// mostSubjects go into the details of an error, which are headers of bounded size.
const mostSubjects = 20
