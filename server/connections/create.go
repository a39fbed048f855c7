package connections

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/filter"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// CreateConnection makes one. Every record accepted after the answer reaches it.
func (s *Service) CreateConnection(
	ctx context.Context, request *apiv1.CreateConnectionRequest,
) (*apiv1.CreateConnectionResponse, error) {
	merchant, err := s.find.Merchant(ctx, request.GetParent(), "parent")
	if err != nil {
		return nil, err
	}
	wanted := request.GetConnection()
	if wanted.GetPlugin() == "" {
		return nil, fault.Invalid(fault.Violation{
			Field: "connection.plugin", Rule: "must name an installed plugin; PluginService.ListPlugins shows them",
		})
	}
	description, err := lookup.Description(s.options.Plugins, wanted.GetPlugin())
	if err != nil {
		return nil, err
	}
	violations := s.refuses(ctx, store.Connection{Plugin: wanted.GetPlugin(), MerchantID: merchant.ID}, description,
		given{settings: wanted.GetSettings(), secrets: wanted.GetSecrets()}, nil)
	if violations = append(violations, checkFilter(wanted.GetFilter())...); len(violations) > 0 {
		return nil, fault.Invalid(violations...)
	}

	now := s.now()
	connection := store.Connection{
		MerchantKey: merchant.Key, MerchantID: merchant.ID, ID: request.GetConnectionId(),
		Plugin: wanted.GetPlugin(), Title: wanted.GetTitle(), Settings: wanted.GetSettings(),
		SecretTimes: map[string]time.Time{}, Generation: 1, Filter: wanted.GetFilter(),
		WaitForOrder: wanted.GetWaitForOrder().AsDuration(), AllowRepeats: wanted.GetAllowRepeats(),
		Takes: Takes(description, wanted.GetSettings()), State: store.Active, Check: store.Untested,
		Version: 1, CreateTime: now, UpdateTime: now,
	}
	for name := range wanted.GetSecrets() {
		connection.SecretTimes[name] = now
	}
	if connection.Secrets, err = s.options.Vault.SealSecrets(connection, wanted.GetSecrets()); err != nil {
		return nil, s.unsealed(ctx, connection, err)
	}
	created, err := s.options.Store.CreateConnection(ctx, connection)
	switch {
	case errors.Is(err, store.ErrExists):
		return nil, fault.New(codes.AlreadyExists, apiv1.ErrorReason_ERROR_REASON_ALREADY_EXISTS,
			"%s exists already; change it with UpdateConnection, or choose another connection_id",
			resource.Connection(merchant.ID, request.GetConnectionId()))
	case errors.Is(err, store.ErrNotFound): // The merchant was deleted just now.
		if _, err := s.find.MerchantByID(ctx, merchant.ID); err != nil {
			return nil, err
		}
		return nil, lookup.StaleEtag(request.GetParent())
	case err != nil:
		return nil, s.find.Failed(ctx, err)
	}
	s.options.Wrote(created)
	return &apiv1.CreateConnectionResponse{Connection: toProto(created)}, nil
}

func checkFilter(text string) []fault.Violation {
	if text == "" {
		return nil
	}
	if _, err := filter.Compile(text); err != nil {
		return []fault.Violation{{Field: "connection.filter", Rule: err.Error()}}
	}
	return nil
}
