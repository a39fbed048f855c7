package merchants

import (
	"context"
	"errors"
	"fmt"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/store"
)

// updateTries is how often an edit without an etag is repeated on what somebody
// else stored meanwhile.
const updateTries = 5

// UpdateMerchant changes the masked fields.
func (s *Service) UpdateMerchant(
	ctx context.Context, request *apiv1.UpdateMerchantRequest,
) (*apiv1.UpdateMerchantResponse, error) {
	given := request.GetMerchant()
	if err := checkMask(request.GetUpdateMask().GetPaths()); err != nil {
		return nil, err
	}
	for range updateTries {
		merchant, err := s.find.Merchant(ctx, given.GetName(), "merchant.name")
		if err != nil {
			return nil, err
		}
		if given.GetEtag() != "" && given.GetEtag() != etag(merchant) {
			return nil, lookup.StaleEtag(given.GetName())
		}
		// An absent mask means the fields that are set, and there is only one.
		if len(request.GetUpdateMask().GetPaths()) == 0 && given.GetTitle() == "" {
			return &apiv1.UpdateMerchantResponse{Merchant: toProto(merchant)}, nil
		}
		merchant.Title = given.GetTitle()
		merchant.UpdateTime = s.now()
		updated, err := s.options.Store.UpdateMerchant(ctx, merchant)
		switch {
		case err == nil:
			return &apiv1.UpdateMerchantResponse{Merchant: toProto(updated)}, nil
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrVersion):
			continue // Look again at what is stored now.
		default:
			return nil, s.find.Failed(ctx, err)
		}
	}
	return nil, lookup.StaleEtag(given.GetName())
}

func checkMask(paths []string) error {
	var violations []fault.Violation
	for i, path := range paths {
		if path != "title" {
			violations = append(violations, fault.Violation{
				Field: fmt.Sprintf("update_mask.paths[%d]", i), Rule: `must be "title", the only field that can be changed`,
			})
		}
	}
	if len(violations) > 0 {
		return fault.Invalid(violations...)
	}
	return nil
}
