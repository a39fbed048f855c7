package main

import (
	"context"
	"os"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// CheckSettings implements the contract, as the trailer says.
func (s *service) CheckSettings(
	ctx context.Context, request *pluginv1.CheckSettingsRequest,
) (*pluginv1.CheckSettingsResponse, error) {
	switch s.judges {
	case "faults":
		return &pluginv1.CheckSettingsResponse{Faults: s.faultsOf(request.GetConnection())}, nil
	case "never":
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	case "death":
		os.Exit(9)
	}
	return nil, status.Error(codes.Unimplemented, "settings are not judged")
}

func (s *service) faultsOf(c *pluginv1.Connection) []*pluginv1.SettingFault {
	var faults []*pluginv1.SettingFault
	for name, value := range s.refuses {
		if c.GetSettings()[name] == value {
			faults = append(faults, &pluginv1.SettingFault{
				Field: name, Reason: "SETTING_INVALID", Hint: "There is no such thing any more.",
			})
		}
	}
	return faults
}
