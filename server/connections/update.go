package connections

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/store"
)

// updateTries is how often an edit without an etag is repeated on what somebody
// else stored meanwhile.
const updateTries = 5

// UpdateConnection changes the masked fields. New settings or secrets reopen the
// deliveries that failed for the settings and resume a lane that its extra
// interface paused; an edit that changes neither does not.
func (s *Service) UpdateConnection(
	ctx context.Context, request *apiv1.UpdateConnectionRequest,
) (*apiv1.UpdateConnectionResponse, error) {
	wanted := request.GetConnection()
	for range updateTries {
		stored, err := s.find.Connection(ctx, wanted.GetName(), "connection.name")
		if err != nil {
			return nil, err
		}
		if wanted.GetEtag() != "" && wanted.GetEtag() != etag(stored) {
			return nil, lookup.StaleEtag(wanted.GetName())
		}
		edit, err := s.edit(ctx, request, stored)
		if err != nil {
			return nil, err
		}
		updated, reopened, err := s.options.Store.EditConnection(ctx, edit)
		switch {
		case err == nil:
			s.options.Wrote(updated)
			if stored.State == store.Paused && updated.State == store.Active {
				s.options.Logger.InfoContext(ctx, "lane resumed: its settings were changed", "connection", nameOf(updated))
			}
			more, err := s.judgeAgain(ctx, stored, updated)
			if err != nil {
				return nil, err
			}
			reopened += more
			return &apiv1.UpdateConnectionResponse{
				Connection: toProto(updated), ReopenedDeliveries: reopened,
			}, nil
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrVersion):
			continue // Look again at what is stored now.
		default:
			return nil, s.find.Failed(ctx, err)
		}
	}
	return nil, lookup.StaleEtag(wanted.GetName())
}

// filterFailed is the reason of deliveries whose filter could not be evaluated,
// filterRetries how many of them another filter reopens at once.
const (
	filterFailed  = "FILTER_FAILED"
	filterRetries = 10_000
)

// judgeAgain reopens what the filter failed on before it was changed.
func (s *Service) judgeAgain(ctx context.Context, before, after store.Connection) (int64, error) {
	if before.Filter == after.Filter {
		return 0, nil
	}
	reopened, err := s.options.Store.RetryFailed(ctx, after.Key, filterFailed, filterRetries, s.now())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, s.find.Failed(ctx, err)
	}
	return reopened, nil
}

// edit works a request into the stored connection.
func (s *Service) edit(
	ctx context.Context, request *apiv1.UpdateConnectionRequest, stored store.Connection,
) (store.ConnectionEdit, error) {
	wanted := request.GetConnection()
	paths, violations := mask(request, toProto(stored))
	if wanted.GetPlugin() != "" && wanted.GetPlugin() != stored.Plugin {
		violations = append(violations, wrongPlugin(stored.Plugin))
	}
	edited := stored
	edited.UpdateTime = s.now()
	for _, path := range paths {
		switch path {
		case pathTitle:
			edited.Title = wanted.GetTitle()
		case pathFilter:
			edited.Filter = wanted.GetFilter()
			violations = append(violations, checkFilter(edited.Filter)...)
		case pathWaitForOrder:
			edited.WaitForOrder = wanted.GetWaitForOrder().AsDuration()
		case pathAllowRepeats:
			edited.AllowRepeats = wanted.GetAllowRepeats()
		}
	}
	changed, more, err := s.editSettings(ctx, request, paths, &edited)
	if err != nil {
		return store.ConnectionEdit{}, err
	}
	if violations = append(violations, more...); len(violations) > 0 {
		return store.ConnectionEdit{}, fault.Invalid(violations...)
	}
	return store.ConnectionEdit{Connection: edited, SettingsChanged: changed, Now: edited.UpdateTime}, nil
}

// editSettings works settings and secrets into a connection and says whether
// they are other ones than before.
func (s *Service) editSettings(
	ctx context.Context, request *apiv1.UpdateConnectionRequest, paths []string, edited *store.Connection,
) (changed bool, violations []fault.Violation, err error) {
	settings, touched := mergeSettings(edited.Settings, request.GetConnection().GetSettings(), paths)
	secrets := map[string]string{}
	if slices.Contains(paths, pathSecrets) {
		secrets = request.GetConnection().GetSecrets()
	}
	if !touched && len(secrets) == 0 && len(request.GetClearSecrets()) == 0 {
		return false, nil, nil
	}
	description, err := lookup.Description(s.options.Plugins, edited.Plugin)
	if err != nil {
		return false, nil, err
	}
	// What an earlier version of the plugin knew and this one does not, goes.
	for name := range edited.Settings {
		if _, again := request.GetConnection().GetSettings()[name]; !again && fieldOf(description, name) == nil {
			delete(settings, name)
		}
	}
	if len(request.GetUpdateMask().GetPaths()) > 0 {
		violations = checkPaths(paths, description, edited.Settings)
	}
	kept := map[string]bool{}
	for name := range edited.SecretTimes {
		kept[name] = !slices.Contains(request.GetClearSecrets(), name)
	}
	violations = append(violations, s.refuses(ctx, *edited, description,
		given{settings: settings, secrets: secrets, kept: kept}, s.held(*edited, kept))...)
	violations = append(violations,
		checkCleared(request.GetClearSecrets(), secrets, *edited, known(description, true))...)
	if len(violations) > 0 {
		return false, violations, nil
	}
	changed = !maps.Equal(settings, edited.Settings)
	edited.Settings = settings
	edited.Takes = Takes(description, settings)
	otherSecrets, err := s.editSecrets(ctx, edited, secrets, request.GetClearSecrets())
	return changed || otherSecrets, nil, err
}

// held are the stored secrets that an edit keeps, none if they do not open.
func (s *Service) held(stored store.Connection, kept map[string]bool) map[string]string {
	opened, err := s.options.Vault.OpenSecrets(stored)
	if err != nil {
		return nil
	}
	held := map[string]string{}
	for name, value := range opened {
		if kept[name] {
			held[name] = value
		}
	}
	return held
}

// mergeSettings returns a copy of the stored settings with the masked ones
// changed, and whether the mask names any.
func mergeSettings(stored, wanted map[string]string, paths []string) (map[string]string, bool) {
	merged := maps.Clone(stored)
	if merged == nil {
		merged = map[string]string{}
	}
	touched := false
	for _, path := range paths {
		if path == pathSettings {
			touched = true
			merged = map[string]string{}
			maps.Copy(merged, wanted)
		}
		if name, ok := strings.CutPrefix(path, pathSetting); ok {
			touched = true
			if value, given := wanted[name]; given {
				merged[name] = value
			} else {
				delete(merged, name)
			}
		}
	}
	return merged, touched
}

// checkPaths refuses to change settings that neither the plugin nor the stored
// connection has.
func checkPaths(
	paths []string, description *pluginv1.Description, stored map[string]string,
) []fault.Violation {
	var violations []fault.Violation
	for i, path := range paths {
		name, ok := strings.CutPrefix(path, pathSetting)
		if !ok {
			continue
		}
		field := fieldOf(description, name)
		rule := ""
		switch {
		case field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET:
			rule = `names a secret: use "secrets", or clear_secrets to remove it`
		case field == nil && stored[name] == "":
			rule = "must name a setting of plugin " + description.GetName() + "; " + known(description, false)
		default:
			continue
		}
		violations = append(violations, fault.Violation{Field: fmt.Sprintf("update_mask.paths[%d]", i), Rule: rule})
	}
	return violations
}

// checkCleared refuses to clear what is not stored, or set in the same edit.
func checkCleared(
	cleared []string, secrets map[string]string, stored store.Connection, known string,
) []fault.Violation {
	var violations []fault.Violation
	for i, name := range cleared {
		field := fmt.Sprintf("clear_secrets[%d]", i)
		if _, set := secrets[name]; set {
			violations = append(violations, fault.Violation{
				Field: field, Rule: "must not name a secret that connection.secrets sets in the same edit",
			})
			continue
		}
		if _, is := stored.SecretTimes[name]; !is {
			violations = append(violations, fault.Violation{Field: field, Rule: "must name a secret that is set; " + known})
		}
	}
	return violations
}

// editSecrets seals the secrets with the changes, and says whether they are
// other ones than before. If the stored ones cannot be opened any more, the
// given ones must be all that are needed.
func (s *Service) editSecrets(
	ctx context.Context, edited *store.Connection, given map[string]string, cleared []string,
) (bool, error) {
	if len(given) == 0 && len(cleared) == 0 {
		return false, nil
	}
	before, err := s.options.Vault.OpenSecrets(*edited)
	if err != nil {
		s.options.Logger.WarnContext(ctx, "stored secrets not opened", "connection", nameOf(*edited), "error", err)
		if !coversAll(edited.SecretTimes, given, cleared) {
			return false, unreadable(nameOf(*edited), err)
		}
	}
	after := maps.Clone(before)
	if after == nil {
		after = map[string]string{}
	}
	times := maps.Clone(edited.SecretTimes)
	if times == nil {
		times = map[string]time.Time{}
	}
	for _, name := range cleared {
		delete(after, name)
		delete(times, name)
	}
	for name, value := range given {
		after[name] = value
		times[name] = edited.UpdateTime
	}
	if err == nil && maps.Equal(before, after) {
		return false, nil
	}
	edited.SecretTimes = times
	if edited.Secrets, err = s.options.Vault.SealSecrets(*edited, after); err != nil {
		return false, s.unsealed(ctx, *edited, err)
	}
	return true, nil
}

// coversAll says whether an edit sets or clears every stored secret.
func coversAll(stored map[string]time.Time, given map[string]string, cleared []string) bool {
	for name := range stored {
		if _, set := given[name]; !set && !slices.Contains(cleared, name) {
			return false
		}
	}
	return true
}
