package connections

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/validation"
)

// given is what a connection would have after an edit.
type given struct {
	settings map[string]string
	// secrets are those whose value is known here; kept names those that are
	// stored and stay as they are.
	secrets map[string]string
	kept    map[string]bool
}

// check holds settings and secrets against the plugin's fields and returns all
// violations, those of fields in the order of the description. No violation
// shows a value.
func check(description *pluginv1.Description, g given) []fault.Violation {
	violations := strangers(description, g)
	for _, field := range description.GetSettings() {
		name := field.GetName()
		secret := field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET
		value, set := g.settings[name]
		path := settingPath(name)
		if secret {
			value, set = g.secrets[name]
			path = secretPath(name)
		}
		switch {
		case set && (value != "" || !field.GetRequired()):
			if rule := breaks(field, value); rule != "" {
				violations = append(violations, fault.Violation{Field: path, Rule: rule})
			}
		case set, field.GetRequired() && field.GetDefaultValue() == "" && !g.kept[name]:
			violations = append(violations, fault.Violation{Field: path, Rule: "is required" + helpOf(field)})
		}
	}
	return violations
}

// strangers are values under names that do not belong where they stand.
func strangers(description *pluginv1.Description, g given) []fault.Violation {
	var violations []fault.Violation
	add := func(path, rule string) {
		violations = append(violations, fault.Violation{Field: path, Rule: rule})
	}
	for _, name := range sortedNames(g.settings) {
		switch field := fieldOf(description, name); {
		case field == nil:
			add(settingPath(name), "is not a setting of plugin "+description.GetName()+"; "+known(description, false))
		case field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET:
			add(settingPath(name), "is a secret: put it under connection.secrets, where it is sealed")
		}
	}
	for _, name := range sortedNames(g.secrets) {
		switch field := fieldOf(description, name); {
		case field == nil:
			add(secretPath(name), "is not a secret of plugin "+description.GetName()+"; "+known(description, true))
		case field.GetKind() != pluginv1.SettingKind_SETTING_KIND_SECRET:
			add(secretPath(name), "is not a secret: put it under connection.settings")
		}
	}
	return violations
}

// breaks says which rule a value breaks, or nothing.
func breaks(field *pluginv1.SettingField, value string) string {
	switch field.GetKind() {
	case pluginv1.SettingKind_SETTING_KIND_BOOL:
		if value != "true" && value != "false" {
			return `must be "true" or "false"`
		}
	case pluginv1.SettingKind_SETTING_KIND_INTEGER:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return "must be a whole number"
		}
	case pluginv1.SettingKind_SETTING_KIND_CHOICE:
		if values := choices(field); !slices.Contains(values, value) {
			return "must be one of " + strings.Join(values, ", ")
		}
	case pluginv1.SettingKind_SETTING_KIND_URL:
		if value != "" && !webAddress(value) {
			return "must be an absolute http or https URL without user name and password"
		}
	case pluginv1.SettingKind_SETTING_KIND_TEXT, pluginv1.SettingKind_SETTING_KIND_SECRET,
		pluginv1.SettingKind_SETTING_KIND_UNSPECIFIED:
	}
	if field.GetPattern() == "" || value == "" {
		return ""
	}
	pattern, err := regexp.Compile(`\A(?:` + field.GetPattern() + `)\z`)
	if err != nil { // The plugin host refuses such plugins.
		return "cannot be checked: the pattern of the plugin is not valid; report this to its author"
	}
	if !pattern.MatchString(value) {
		return "must match the pattern " + field.GetPattern() + helpOf(field)
	}
	return ""
}

// webAddress tells absolute http and https URLs. A password in one would not be
// sealed.
func webAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "http" || address.Scheme == "https") &&
		address.Host != "" && address.User == nil
}

func choices(field *pluginv1.SettingField) []string {
	var values []string
	for _, choice := range field.GetChoices() {
		values = append(values, choice.GetValue())
	}
	return values
}

// helpOf is the plugin's own help, which says where to find the value.
func helpOf(field *pluginv1.SettingField) string {
	const most = 200
	help := []rune(strings.TrimSpace(field.GetHelp()))
	if len(help) == 0 {
		return ""
	}
	if len(help) > most {
		help = append(help[:most], '…')
	}
	return ": " + string(help)
}

func known(description *pluginv1.Description, secrets bool) string {
	var names []string
	for _, field := range description.GetSettings() {
		if (field.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET) == secrets {
			names = append(names, field.GetName())
		}
	}
	if len(names) == 0 {
		return "it has none"
	}
	return "known are " + strings.Join(names, ", ")
}

func fieldOf(description *pluginv1.Description, name string) *pluginv1.SettingField {
	for _, field := range description.GetSettings() {
		if field.GetName() == name {
			return field
		}
	}
	return nil
}

func settingPath(name string) string {
	return fmt.Sprintf("connection.settings[%s]", validation.Key(name))
}

func secretPath(name string) string {
	return fmt.Sprintf("connection.secrets[%s]", validation.Key(name))
}
