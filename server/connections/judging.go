package connections

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

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

// told are the violations in the answer of a plugin, one for each field with all that it
// says of it: those of fields that have a known one are left out, and so is what is said of
// no field while there are others, since it is probably about those. The answer is foreign:
// it is bounded, and a secret that it repeats is masked (promise P8).
func told(
	answer *pluginv1.CheckSettingsResponse, description *pluginv1.Description, secrets map[string]string,
	known []fault.Violation,
) []fault.Violation {
	const ofAll = "connection.settings"
	var violations []fault.Violation
	var hints [][]string // Of each violation.
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
		hint := clean(f.GetHint())
		if at := slices.IndexFunc(violations, same); at >= 0 {
			hints[at] = append(hints[at], hint)
			continue
		}
		if slices.ContainsFunc(known, same) || path == ofAll && len(known)+len(violations) > 0 {
			continue
		}
		violations, hints = append(violations, fault.Violation{Field: path}), append(hints, []string{hint})
	}
	for i := range violations {
		violations[i].Rule = "is refused by plugin " + description.GetName() + ": " + together(hints[i])
	}
	return violations
}

// together are hints of one field as one text, each said once, no longer than one may be.
func together(hints []string) string {
	text := hints[0]
	for i, hint := range hints[1:] {
		if !slices.Contains(hints[:i+1], hint) {
			text = strings.TrimSuffix(text, ".") + "; " + hint
		}
	}
	return shortened(text)
}
