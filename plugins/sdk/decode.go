package sdk

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// decode fills target, a struct value, from what rides on a call. All faults are
// returned at once; none quotes a value. A setting with a fault has its default.
func decode(fields []field, target reflect.Value, settings, secrets map[string]string) []Fault {
	faults := unknownKeys(fields, settings, secrets)
	for _, f := range fields {
		values := settings
		if f.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET {
			values = secrets
		}
		value, given := values[f.GetName()]
		if value == "" && (!given || !f.mayBeEmpty()) {
			value = f.GetDefaultValue()
		}
		if value == "" {
			if f.GetRequired() {
				faults = append(faults, Fault{f.GetName(), "SETTING_MISSING", "Enter a value."})
			}
			continue
		}
		if fault, bad := f.check(value); bad {
			faults = append(faults, fault)
			if value = f.GetDefaultValue(); value == "" {
				continue
			}
		}
		f.assign(target.FieldByIndex(f.index), value)
	}
	return faults
}

// mayBeEmpty says whether an empty value is one that somebody chose, in spite of
// the default.
func (f field) mayBeEmpty() bool {
	return f.GetKind() == pluginv1.SettingKind_SETTING_KIND_TEXT || f.GetKind() == pluginv1.SettingKind_SETTING_KIND_URL
}

func hasField(fields []field, name string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.GetName() == name })
}

func unknownKeys(fields []field, settings, secrets map[string]string) []Fault {
	var faults []Fault
	refuse := func(values map[string]string, secret bool) {
		for name := range values {
			if !slices.ContainsFunc(fields, func(f field) bool {
				return f.GetName() == name && secret == (f.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET)
			}) {
				faults = append(faults, Fault{name, "SETTING_UNKNOWN", "Remove it: the plugin has no such setting."})
			}
		}
	}
	refuse(settings, false)
	refuse(secrets, true)
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// check says what is wrong with a value that is not empty.
func (f field) check(value string) (Fault, bool) {
	invalid := func(format string, args ...any) (Fault, bool) {
		return Fault{f.GetName(), reasonSetting, fmt.Sprintf(format, args...)}, true
	}
	switch f.GetKind() {
	case pluginv1.SettingKind_SETTING_KIND_BOOL:
		if value != "true" && value != "false" {
			return invalid(`It is neither "true" nor "false".`)
		}
	case pluginv1.SettingKind_SETTING_KIND_INTEGER:
		if _, err := strconv.Atoi(value); err != nil {
			return invalid("It is not a whole number.")
		}
	case pluginv1.SettingKind_SETTING_KIND_CHOICE:
		if !slices.ContainsFunc(f.GetChoices(), func(c *pluginv1.SettingChoice) bool { return c.GetValue() == value }) {
			return invalid("It is not one of the choices.")
		}
	case pluginv1.SettingKind_SETTING_KIND_URL:
		if !webAddress(value) {
			return invalid("It is not an absolute http or https URL.")
		}
	case pluginv1.SettingKind_SETTING_KIND_TEXT, pluginv1.SettingKind_SETTING_KIND_SECRET:
	case pluginv1.SettingKind_SETTING_KIND_UNSPECIFIED:
		return invalid("Its kind is missing.")
	}
	if f.pattern != nil && !f.pattern.MatchString(value) {
		return invalid("It does not match the pattern %s.", f.GetPattern())
	}
	return Fault{}, false
}

// assign stores a checked value.
func (f field) assign(target reflect.Value, value string) {
	switch {
	case target.Type() == reflect.TypeFor[Secret]():
		target.Set(reflect.ValueOf(NewSecret(value)))
	case target.Kind() == reflect.Bool:
		target.SetBool(value == "true")
	case target.Kind() == reflect.Int:
		number, _ := strconv.Atoi(value) // Checked before.
		target.SetInt(int64(number))
	default:
		target.SetString(value)
	}
}
