package sdk

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

var settingName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// field is a setting and where it goes in the struct.
type field struct {
	*pluginv1.SettingField
	index   []int
	pattern *regexp.Regexp
}

// settingFields reads the tags of a struct type. All that is wrong with them is
// in the error.
func settingFields(t reflect.Type) ([]field, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("settings: %s is not a struct", t)
	}
	var (
		fields []field
		faults []error
		seen   = map[string]bool{}
	)
	for at := range t.Fields() {
		name, err := nameOfSetting(at)
		if err == nil && name == noSetting {
			continue
		}
		var f field
		if err == nil {
			f, err = newField(at, name)
		}
		if err == nil && seen[name] {
			err = errors.New("name: occurs twice")
		}
		if err != nil {
			where := at.Name
			if t.Name() != "" {
				where = t.Name() + "." + at.Name
			}
			faults = append(faults, fmt.Errorf("settings: %s: %w", where, err))
			continue
		}
		seen[name] = true
		fields = append(fields, f)
	}
	return fields, errors.Join(faults...)
}

func newField(at reflect.StructField, name string) (field, error) {
	f := field{
		SettingField: &pluginv1.SettingField{
			Name: name, Title: at.Tag.Get("title"), Help: at.Tag.Get("help"),
			DefaultValue: at.Tag.Get("default"), Pattern: at.Tag.Get("pattern"),
		},
		index: at.Index,
	}
	if !settingName.MatchString(name) || len(name) > 64 {
		return f, fmt.Errorf(`name: %q is not snake_case of at most 64 characters; `+
			`all else has a tag of its own, such as required:"true"`, name)
	}
	if !at.IsExported() {
		return f, errors.New("the struct field is not exported")
	}
	if f.Title == "" {
		return f, errors.New("title: is missing")
	}
	var err error
	if f.Required, err = parseRequired(at.Tag.Get("required")); err != nil {
		return f, err
	}
	if f.Choices, err = parseChoices(at.Tag.Get("choices")); err != nil {
		return f, err
	}
	if f.Kind, err = kindOfField(at.Type, at.Tag.Get("kind"), len(f.Choices) > 0); err != nil {
		return f, err
	}
	if f.pattern, err = compilePattern(f.SettingField); err != nil {
		return f, err
	}
	return f, f.checkDefault()
}

func parseRequired(tag string) (bool, error) {
	if tag == "" {
		return false, nil
	}
	required, err := strconv.ParseBool(tag)
	if err != nil {
		return false, fmt.Errorf("required: %q is neither true nor false", tag)
	}
	return required, nil
}

// parseChoices reads "value=Title,value=Title". A value without title is its own.
func parseChoices(tag string) ([]*pluginv1.SettingChoice, error) {
	if tag == "" {
		return nil, nil
	}
	var choices []*pluginv1.SettingChoice
	for item := range strings.SplitSeq(tag, ",") {
		value, title, titled := strings.Cut(strings.TrimSpace(item), "=")
		if !titled {
			title = value
		}
		if value == "" {
			return nil, errors.New("choices: a value is missing")
		}
		if slices.ContainsFunc(choices, func(c *pluginv1.SettingChoice) bool { return c.GetValue() == value }) {
			return nil, fmt.Errorf("choices: %q occurs twice", value)
		}
		choices = append(choices, &pluginv1.SettingChoice{Value: value, Title: title})
	}
	return choices, nil
}

// kindOfField is the kind that the tag says, or the one of the Go type.
func kindOfField(t reflect.Type, tag string, choices bool) (pluginv1.SettingKind, error) {
	kind := pluginv1.SettingKind_SETTING_KIND_UNSPECIFIED
	switch {
	case t == reflect.TypeFor[Secret]():
		kind = pluginv1.SettingKind_SETTING_KIND_SECRET
	case t.Kind() == reflect.Bool:
		kind = pluginv1.SettingKind_SETTING_KIND_BOOL
	case t.Kind() == reflect.Int:
		kind = pluginv1.SettingKind_SETTING_KIND_INTEGER
	case t.Kind() != reflect.String:
		return kind, fmt.Errorf("type: %s is none of string, bool, int and sdk.Secret", t)
	case tag == "choice" || tag == "" && choices:
		kind = pluginv1.SettingKind_SETTING_KIND_CHOICE
	case tag == "url":
		kind = pluginv1.SettingKind_SETTING_KIND_URL
	default:
		kind = pluginv1.SettingKind_SETTING_KIND_TEXT
	}
	if tag != "" && tag != kindTag(kind) {
		return kind, fmt.Errorf("kind: %q does not fit the type %s", tag, t)
	}
	if choices != (kind == pluginv1.SettingKind_SETTING_KIND_CHOICE) {
		return kind, errors.New("choices: a choice needs them, and nothing else has them")
	}
	return kind, nil
}

func kindTag(kind pluginv1.SettingKind) string {
	return strings.ToLower(strings.TrimPrefix(kind.String(), "SETTING_KIND_"))
}

// compilePattern returns the pattern of whole values, nil if there is none.
func compilePattern(f *pluginv1.SettingField) (*regexp.Regexp, error) {
	if f.GetPattern() == "" {
		return nil, nil
	}
	switch f.GetKind() {
	case pluginv1.SettingKind_SETTING_KIND_TEXT, pluginv1.SettingKind_SETTING_KIND_SECRET,
		pluginv1.SettingKind_SETTING_KIND_URL, pluginv1.SettingKind_SETTING_KIND_INTEGER:
	default:
		return nil, errors.New("pattern: only text, secrets, URLs and ints have one")
	}
	// Alone first, so that "a)(b" does not become valid by the parentheses.
	if _, err := regexp.Compile(f.GetPattern()); err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	pattern, err := regexp.Compile(`\A(?:` + f.GetPattern() + `)\z`)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	return pattern, nil
}

func (f field) checkDefault() error {
	if f.GetDefaultValue() == "" {
		return nil
	}
	if f.GetKind() == pluginv1.SettingKind_SETTING_KIND_SECRET {
		return errors.New("default: a secret has none")
	}
	if fault, bad := f.check(f.GetDefaultValue()); bad {
		return fmt.Errorf("default: %s", fault.Hint)
	}
	return nil
}

func webAddress(value string) bool {
	address, err := url.Parse(value)
	return err == nil && (address.Scheme == "http" || address.Scheme == "https") && address.Host != ""
}
