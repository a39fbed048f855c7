package connections

import (
	"strings"
	"testing"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func described() *pluginv1.Description {
	return &pluginv1.Description{Name: "aftership", Settings: []*pluginv1.SettingField{
		{
			Name: "api_key", Kind: pluginv1.SettingKind_SETTING_KIND_SECRET, Required: true,
			Pattern: "[a-z0-9]+", Help: "Settings > API, Generate.",
		},
		{
			Name: "api_generation", Kind: pluginv1.SettingKind_SETTING_KIND_CHOICE, Required: true,
			DefaultValue: "2026-07", Choices: []*pluginv1.SettingChoice{{Value: "v4"}, {Value: "2026-07"}},
		},
		{Name: "contact", Kind: pluginv1.SettingKind_SETTING_KIND_BOOL},
		{Name: "limit", Kind: pluginv1.SettingKind_SETTING_KIND_INTEGER},
		{Name: "base_url", Kind: pluginv1.SettingKind_SETTING_KIND_URL},
		{Name: "shop", Kind: pluginv1.SettingKind_SETTING_KIND_TEXT, Required: true, Pattern: "[a-z]+"},
		{Name: "note", Kind: pluginv1.SettingKind_SETTING_KIND_TEXT, Pattern: "[a-z]+"},
	}}
}

func TestCheckNamesFieldAndRuleNeverTheValue(t *testing.T) {
	t.Parallel()
	const bad = "S3CR3T value"
	for name, tc := range map[string]struct {
		under, field, value string
		rule                string
	}{
		"choice":           {"settings", "api_generation", bad, "must be one of v4, 2026-07"},
		"empty choice":     {"settings", "api_generation", "", "is required"},
		"bool":             {"settings", "contact", bad, `"true" or "false"`},
		"integer":          {"settings", "limit", bad, "whole number"},
		"empty integer":    {"settings", "limit", "", "whole number"},
		"relative URL":     {"settings", "base_url", "/x", "absolute http"},
		"URL with secret":  {"settings", "base_url", "https://u:p@x.test", "without user name"},
		"pattern":          {"settings", "shop", bad, "must match the pattern [a-z]+"},
		"half a match":     {"settings", "note", "abc1", "must match the pattern"},
		"misspelt setting": {"settings", "aip_generation", bad, "known are api_generation, contact, limit, base_url"},
		"misplaced secret": {"settings", "api_key", bad, "connection.secrets"},
		"secret pattern":   {"secrets", "api_key", bad, "Settings > API"},
		"empty secret":     {"secrets", "api_key", "", "is required"},
		"unknown secret":   {"secrets", "token", bad, "known are api_key"},
		"not a secret":     {"secrets", "contact", bad, "connection.settings"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := given{settings: map[string]string{"shop": "acme"}, secrets: map[string]string{"api_key": "key1"}}
			if tc.under == "settings" {
				g.settings[tc.field] = tc.value
			} else {
				g.secrets[tc.field] = tc.value
			}
			violations := check(described(), g)
			path := "connection." + tc.under + "[" + tc.field + "]"
			if len(violations) != 1 || violations[0].Field != path || !strings.Contains(violations[0].Rule, tc.rule) {
				t.Fatalf("violations = %v, want field %q and rule %q", violations, path, tc.rule)
			}
			if strings.Contains(violations[0].Rule, bad) {
				t.Errorf("rule shows the value: %q", violations[0].Rule)
			}
		})
	}
}

func TestGoodSettingsBreakNoRule(t *testing.T) {
	t.Parallel()
	violations := check(described(), given{
		settings: map[string]string{
			"shop": "acme", "api_generation": "v4", "contact": "true", "limit": "-12", "note": "",
			"base_url": "http://127.0.0.1:80/x",
		},
		secrets: map[string]string{"api_key": "key1"},
	})
	if len(violations) > 0 {
		t.Errorf("violations = %v, want none", violations)
	}
}

func TestCheckNamesAllViolationsAtOnce(t *testing.T) {
	t.Parallel()
	violations := check(described(), given{
		settings: map[string]string{"contact": "yes", "limit": "many", "unknown": "x"},
	})
	var fields []string
	for _, v := range violations {
		fields = append(fields, v.Field)
	}
	want := "connection.settings[unknown] connection.secrets[api_key] connection.settings[contact] " +
		"connection.settings[limit] connection.settings[shop]"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("fields = %s, want %s", got, want)
	}
}

func TestKeptSecretsNeedNoValue(t *testing.T) {
	t.Parallel()
	violations := check(described(), given{
		settings: map[string]string{"shop": "acme"}, kept: map[string]bool{"api_key": true},
	})
	if len(violations) > 0 {
		t.Errorf("violations = %v, want none", violations)
	}
}
