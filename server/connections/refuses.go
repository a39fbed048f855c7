package connections

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/pluginhost"
	"github.com/spurline/spurline/server/store"
)

// refuses is check, and what only the plugin can tell without asking its extra interface:
// all at once, one violation for each field. A plugin that does not run, does not answer
// in time or does not judge settings refuses nothing: a connection can always be made,
// and settings that turn out wrong pause its lane (promise P6). held are the secrets that
// stay as they are.
func (s *Service) refuses(
	ctx context.Context, of store.Connection, description *pluginv1.Description, g given, held map[string]string,
) []fault.Violation {
	violations := check(description, g)
	secrets := declaredSecrets(description, held)
	maps.Copy(secrets, g.secrets)
	for name := range g.kept {
		if _, known := secrets[name]; g.kept[name] && !known && fieldOf(description, name) != nil {
			return violations // A secret that cannot be opened: the plugin would miss it.
		}
	}
	bounded, cancel := context.WithTimeout(ctx, s.options.SettingsTimeout)
	defer cancel()
	answer, err := s.options.Plugins.CheckSettings(bounded, of.Plugin, &pluginv1.CheckSettingsRequest{
		Connection: &pluginv1.Connection{
			// A uid of its own keeps the plugin from using what it built from other settings.
			Uid: "unsaved-" + rand.Text(), MerchantId: of.MerchantID, AccountId: of.AccountID,
			Settings: effective(description, g.settings), Secrets: secrets,
		},
	})
	if err != nil {
		if !errors.Is(err, pluginhost.ErrUnsupported) {
			s.options.Logger.WarnContext(ctx, "settings are not judged by their plugin", "plugin", of.Plugin, "error", err)
		}
		return violations
	}
	clean := cleaner(secrets)
	for _, told := range answer.GetFaults()[:min(len(answer.GetFaults()), maxAnswerItems)] {
		path := "connection.settings"
		switch field := fieldOf(description, told.GetField()); {
		case field == nil:
		case field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET:
			path = secretPath(field.GetName())
		default:
			path = settingPath(field.GetName())
		}
		known := slices.ContainsFunc(violations, func(v fault.Violation) bool { return v.Field == path })
		if path == "connection.settings" && len(violations) > 0 || known {
			continue // Of a field at fault, or of none and probably for those.
		}
		violations = append(violations, fault.Violation{
			Field: path, Rule: "is refused by plugin " + of.Plugin + ": " + clean(told.GetHint()),
		})
	}
	return violations
}
