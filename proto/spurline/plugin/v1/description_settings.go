package pluginv1

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
)

var settingName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// validateSettings returns all that is wrong with the settings fields.
func validateSettings(fields []*SettingField) []error {
	var faults []error
	seen := map[string]bool{}
	for i, field := range fields {
		fault := func(format string, args ...any) {
			where := fmt.Sprintf("settings[%d] (%.64q): ", i, field.GetName())
			faults = append(faults, fmt.Errorf(where+format, args...))
		}
		if !settingName.MatchString(field.GetName()) || len(field.GetName()) > 64 {
			fault("name: is not snake_case of at most 64 characters")
		}
		if seen[field.GetName()] {
			fault("name: occurs twice")
		}
		seen[field.GetName()] = true
		if err := validateField(field); err != nil {
			fault("%w", err)
		}
	}
	return faults
}

func validateField(field *SettingField) error {
	pattern, err := compilePattern(field)
	if err != nil {
		return err
	}
	kind, value := field.GetKind(), field.GetDefaultValue()
	if len(field.GetChoices()) > 0 && kind != SettingKind_SETTING_KIND_CHOICE {
		return errors.New("choices: only a choice has them")
	}
	switch kind {
	case SettingKind_SETTING_KIND_TEXT:
	case SettingKind_SETTING_KIND_SECRET:
		if value != "" {
			return errors.New("default_value: a secret has none")
		}
	case SettingKind_SETTING_KIND_CHOICE:
		return validateChoices(field)
	case SettingKind_SETTING_KIND_BOOL:
		if value != "" && value != "true" && value != "false" {
			return errors.New(`default_value: is neither "true" nor "false"`)
		}
	case SettingKind_SETTING_KIND_INTEGER:
		if _, err := strconv.ParseInt(value, 10, 64); value != "" && err != nil {
			return errors.New("default_value: is not a whole number")
		}
	case SettingKind_SETTING_KIND_URL:
		if value != "" && !webAddress(value) {
			return errors.New("default_value: is not an absolute http or https URL")
		}
	case SettingKind_SETTING_KIND_UNSPECIFIED:
		return errors.New("kind: is missing")
	default:
		return fmt.Errorf("kind: %d is unknown", int32(kind))
	}
	if value != "" && pattern != nil && !pattern.MatchString(value) {
		return errors.New("default_value: does not match the pattern")
	}
	return nil
}

// compilePattern returns the pattern that whole values match, nil if there is
// none.
func compilePattern(field *SettingField) (*regexp.Regexp, error) {
	if field.GetPattern() == "" {
		return nil, nil
	}
	switch field.GetKind() {
	case SettingKind_SETTING_KIND_TEXT,
		SettingKind_SETTING_KIND_SECRET,
		SettingKind_SETTING_KIND_URL,
		SettingKind_SETTING_KIND_INTEGER:
	default:
		return nil, errors.New("pattern: only text, secrets, URLs and integers have one")
	}
	// Alone first, so that "a)(b" does not become valid by the parentheses.
	if _, err := regexp.Compile(field.GetPattern()); err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	pattern, err := regexp.Compile(`\A(?:` + field.GetPattern() + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	return pattern, nil
}

func validateChoices(field *SettingField) error {
	if len(field.GetChoices()) == 0 {
		return errors.New("choices: a choice needs at least one")
	}
	var values []string
	for i, choice := range field.GetChoices() {
		if choice.GetValue() == "" {
			return fmt.Errorf("choices[%d]: value: is missing", i)
		}
		if slices.Contains(values, choice.GetValue()) {
			return fmt.Errorf("choices[%d]: value: %q occurs twice", i, choice.GetValue())
		}
		values = append(values, choice.GetValue())
	}
	if value := field.GetDefaultValue(); value != "" && !slices.Contains(values, value) {
		return errors.New("default_value: is not one of the choices")
	}
	return nil
}

func webAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "http" || address.Scheme == "https") && address.Host != ""
}
