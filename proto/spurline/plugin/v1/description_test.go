package pluginv1

import (
	"math"
	"strings"
	"testing"
)

func TestValidateDescription(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*Description)
		want   string
	}{
		{name: "valid", change: func(*Description) {}},
		{name: "name", change: func(d *Description) { d.Name = "q" }, want: `name: is "q"`},
		{name: "version", change: func(d *Description) { d.Version = "" }, want: "version: is missing"},
		{name: "no contract", change: func(d *Description) { d.Contracts = nil }, want: "contracts: none"},
		{
			name:   "only contracts of later hosts",
			change: func(d *Description) { d.Contracts = []Contract{0, 99} }, want: "contracts: none",
		},
		{
			name: "also contracts of later hosts",
			change: func(d *Description) {
				d.Contracts = append(d.Contracts, 99)
			},
		},
		{
			name:   "batch",
			change: func(d *Description) { d.Pace = &PaceHints{BatchBytes: 4<<20 + 1} }, want: "batch_bytes",
		},
		{
			name:   "rate",
			change: func(d *Description) { d.Pace = &PaceHints{RequestsPerSecond: math.NaN()} },
			want:   "requests_per_second",
		},
		{
			name: "condition",
			change: func(d *Description) {
				d.JoinedFacts = []*JoinedFact{{WhenSetting: "api_key"}}
			},
			want: `"api_key" is not a bool setting`,
		},
		{name: "size", change: func(d *Description) { d.Title = strings.Repeat("x", 1<<20) }, want: "more than"},
		{
			name:   "all at once",
			change: func(d *Description) { d.Name, d.Version = "", "" }, want: "version: is missing",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := &Description{
				Name: "p", Version: "1.0.0",
				Contracts: []Contract{Contract_CONTRACT_ORDER_COPY},
				Settings: []*SettingField{
					{Name: "api_key", Kind: SettingKind_SETTING_KIND_SECRET, Pattern: "[a-z]+"},
					{Name: "copy_lines", Kind: SettingKind_SETTING_KIND_BOOL, DefaultValue: "true"},
				},
				JoinedFacts: []*JoinedFact{{WhenSetting: "copy_lines"}},
			}
			test.change(d)
			assertFault(t, ValidateDescription("p", d), test.want)
		})
	}
	assertFault(t, ValidateDescription("p", nil), "it is missing")
}

func assertFault(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("err = %v, want %q", err, want)
	}
}

func TestValidateField(t *testing.T) {
	t.Parallel()
	choices := []*SettingChoice{{Value: "eu"}, {Value: "us"}}
	const (
		text   = SettingKind_SETTING_KIND_TEXT
		secret = SettingKind_SETTING_KIND_SECRET
		choice = SettingKind_SETTING_KIND_CHOICE
		truth  = SettingKind_SETTING_KIND_BOOL
		number = SettingKind_SETTING_KIND_INTEGER
		link   = SettingKind_SETTING_KIND_URL
	)
	for _, test := range []struct {
		name  string
		field *SettingField
		want  string
	}{
		{name: "text", field: &SettingField{Kind: text, Pattern: "a+", DefaultValue: "aa"}},
		{
			name:  "whole value",
			field: &SettingField{Kind: text, Pattern: "a", DefaultValue: "ab"}, want: "does not match",
		},
		{
			name:  "alternatives",
			field: &SettingField{Kind: text, Pattern: "a|b", DefaultValue: "bc"}, want: "does not match",
		},
		{name: "pattern", field: &SettingField{Kind: text, Pattern: "a)(b"}, want: "pattern:"},
		{name: "pattern of bool", field: &SettingField{Kind: truth, Pattern: "a"}, want: "pattern: only"},
		{name: "secret", field: &SettingField{Kind: secret, Required: true}},
		{name: "secret default", field: &SettingField{Kind: secret, DefaultValue: "x"}, want: "a secret has none"},
		{name: "choice", field: &SettingField{Kind: choice, Choices: choices, DefaultValue: "eu"}},
		{name: "no choices", field: &SettingField{Kind: choice}, want: "at least one"},
		{name: "twice", field: &SettingField{Kind: choice, Choices: append(choices, choices...)}, want: "twice"},
		{
			name:  "empty choice",
			field: &SettingField{Kind: choice, Choices: []*SettingChoice{{}}}, want: "choices[0]",
		},
		{
			name:  "default is no choice",
			field: &SettingField{Kind: choice, Choices: choices, DefaultValue: "cn"}, want: "not one of",
		},
		{name: "choices of text", field: &SettingField{Kind: text, Choices: choices}, want: "only a choice"},
		{name: "bool", field: &SettingField{Kind: truth, DefaultValue: "yes"}, want: "neither"},
		{name: "integer", field: &SettingField{Kind: number, DefaultValue: "-12"}},
		{name: "no integer", field: &SettingField{Kind: number, DefaultValue: "1.5"}, want: "whole number"},
		{name: "URL", field: &SettingField{Kind: link, DefaultValue: "https://example.com/a"}},
		{name: "no URL", field: &SettingField{Kind: link, DefaultValue: "ftp://example.com"}, want: "http"},
		{name: "no kind", field: &SettingField{}, want: "kind: is missing"},
		{name: "unknown kind", field: &SettingField{Kind: 99}, want: "kind: 99 is unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			assertFault(t, validateField(test.field), test.want)
		})
	}
}

func TestSettingNames(t *testing.T) {
	t.Parallel()
	field := func(name string) *SettingField {
		return &SettingField{Name: name, Kind: SettingKind_SETTING_KIND_TEXT}
	}
	for _, name := range []string{"a", "api_key", "v2_token"} {
		if faults := validateSettings([]*SettingField{field(name)}); len(faults) > 0 {
			t.Errorf("%q: %v", name, faults)
		}
	}
	for _, name := range []string{"", "A", "api-key", "_a", "a_", "2a", "a__b", strings.Repeat("a", 65)} {
		if faults := validateSettings([]*SettingField{field(name)}); len(faults) != 1 {
			t.Errorf("%q: %v", name, faults)
		}
	}
	if faults := validateSettings([]*SettingField{field("a"), field("a")}); len(faults) != 1 {
		t.Errorf("twice: %v", faults)
	}
}
