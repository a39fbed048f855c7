package connections

import (
	"context"
	"errors"
	"maps"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
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
	secrets := map[string]string{}
	maps.Copy(secrets, held)
	maps.Copy(secrets, g.secrets)
	for name := range g.kept {
		if _, known := secrets[name]; g.kept[name] && !known && fieldOf(description, name) != nil {
			return violations // A secret that cannot be opened: the plugin would miss it.
		}
	}
	told, err := s.toldOf(ctx, of, description, g.settings, secrets, violations)
	if err != nil {
		if !errors.Is(err, pluginhost.ErrUnsupported) {
			s.options.Logger.WarnContext(ctx, "settings are not judged by their plugin", "plugin", of.Plugin, "error", err)
		}
		return violations
	}
	return append(violations, told...)
}

// toldOf asks the plugin that serves what is wrong with settings beside the known violations.
func (s *Service) toldOf(
	ctx context.Context, of store.Connection, description *pluginv1.Description, settings, secrets map[string]string,
	known []fault.Violation,
) ([]fault.Violation, error) {
	bounded, cancel := context.WithTimeout(ctx, s.options.SettingsTimeout)
	defer cancel()
	answer, err := s.options.Plugins.CheckSettings(bounded, of.Plugin, question(of, description, settings, secrets))
	if err != nil {
		return nil, err
	}
	return told(answer, description, secrets, known), nil
}

// stillRefuses is what is wrong with the saved settings of a connection that is paused
// because its plugin refused them: its next delivery would be refused too. A plugin that
// does not run or answer refuses nothing, and nothing is asked about others.
func (s *Service) stillRefuses(ctx context.Context, c store.Connection) []fault.Violation {
	if c.State != store.Paused || c.PauseReason != settingsRefused && c.PauseReason != settingsInvalid {
		return nil
	}
	description, err := lookup.Description(s.options.Plugins, c.Plugin)
	if err != nil {
		return nil
	}
	secrets, err := s.options.Vault.OpenSecrets(c)
	if err != nil {
		return nil
	}
	violations := check(description, given{
		settings: effective(description, c.Settings), secrets: declaredSecrets(description, secrets),
	})
	told, err := s.toldOf(ctx, c, description, c.Settings, secrets, violations)
	if err != nil {
		return nil
	}
	return append(violations, told...)
}
