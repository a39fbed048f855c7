package connections

import (
	"context"
	"crypto/rand"
	"slices"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/store"
)

// judgeFunc asks a version of a plugin what is wrong with settings.
type judgeFunc = func(context.Context, *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error)

// question asks about settings and secrets of a connection, saved or not.
func question(
	of store.Connection, description *pluginv1.Description, settings, secrets map[string]string,
) *pluginv1.CheckSettingsRequest {
	return &pluginv1.CheckSettingsRequest{Connection: &pluginv1.Connection{
		// A uid of its own keeps the plugin from using what it built from other settings.
		Uid: "unsaved-" + rand.Text(), MerchantId: of.MerchantID, AccountId: of.AccountID,
		Settings: effective(description, settings), Secrets: declaredSecrets(description, secrets),
	}}
}

// told are the violations in the answer of a plugin, one for each field: those of fields
// that have a known one are left out, and so is what is said of no field while there are
// others, since it is probably about those. The answer is foreign: it is bounded, and a
// secret that it repeats is masked (promise P8).
func told(
	answer *pluginv1.CheckSettingsResponse, description *pluginv1.Description, secrets map[string]string,
	known []fault.Violation,
) []fault.Violation {
	const ofAll = "connection.settings"
	var violations []fault.Violation
	clean := cleaner(secrets)
	for _, f := range answer.GetFaults()[:min(len(answer.GetFaults()), maxAnswerItems)] {
		path := ofAll
		switch field := fieldOf(description, f.GetField()); {
		case field == nil:
		case field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET:
			path = secretPath(field.GetName())
		default:
			path = settingPath(field.GetName())
		}
		same := func(v fault.Violation) bool { return v.Field == path }
		if slices.ContainsFunc(known, same) || slices.ContainsFunc(violations, same) ||
			path == ofAll && len(known)+len(violations) > 0 {
			continue
		}
		violations = append(violations, fault.Violation{
			Field: path, Rule: "is refused by plugin " + description.GetName() + ": " + clean(f.GetHint()),
		})
	}
	return violations
}
