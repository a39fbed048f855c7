package sdk

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

type allSettings struct {
	Key    Secret `setting:"api_key" title:"API key" required:"true" pattern:"[a-z0-9]+"`
	Region string `setting:"region" title:"Region" choices:"eu=Europe,us=United States" default:"eu"`
	Base   string `setting:"base_url" title:"Address" kind:"url"`
	Store  string `setting:"store" title:"Store" pattern:"[a-z]{3}"`
	Copy   bool   `setting:"copy" title:"Copy" default:"true"`
	Days   int    `setting:"days" title:"Days"`
	Note   string `setting:"note" title:"Note" default:"none"`
	Hours  int    `setting:"hours" title:"Hours" pattern:"[1-9]|1[0-9]|2[0-4]"`
	Inner  string `setting:"-"`
	inner  string // Nobody else could set it.
}

func TestSettingFields(t *testing.T) {
	t.Parallel()
	fields, err := settingFields(reflect.TypeFor[allSettings]())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, f := range fields {
		kinds = append(kinds, f.GetName()+" "+kindTag(f.GetKind()))
	}
	want := "api_key secret,region choice,base_url url,store text,copy bool,days integer,note text,hours integer"
	if got := strings.Join(kinds, ","); got != want {
		t.Errorf("got %s", got)
	}
	if c := fields[1].GetChoices(); len(c) != 2 || c[1].GetValue() != "us" || c[1].GetTitle() != "United States" {
		t.Errorf("choices %v", c)
	}
}

func TestWrongTags(t *testing.T) {
	t.Parallel()
	type embedded struct{}
	_, err := settingFields(reflect.TypeFor[struct {
		embedded
		A string   `setting:"Bad Name" title:"A"`
		B float64  `setting:"b" title:"B"`
		C string   `setting:"c"`
		D Secret   `setting:"d" title:"D" default:"x"`
		E bool     `setting:"e" title:"E" pattern:"x"`
		F string   `setting:"f" title:"F" pattern:"a)(b"`
		G string   `setting:"g" title:"G" kind:"choice"`
		H string   `setting:"h" title:"H" required:"maybe"`
		I int      `setting:"i" title:"I" kind:"text"`
		J string   `setting:"j" title:"J" choices:"a,a"`
		K string   `setting:"k" title:"K" choices:"a" default:"b"`
		L string   `setting:"l" title:"L"`
		M string   `setting:"l" title:"L"`
		n string   `setting:"n" title:"N"` //nolint:unused // That is the point.
		O []string `setting:"o" title:"O"`
		P string   `setting:"p" title:"P" requierd:"true"`
		Q int      `setting:"q" title:"Q" pattern:"[1-9]" default:"10"`
	}]())
	if err == nil {
		t.Fatal("all of it was taken")
	}
	for _, name := range strings.Split("embedded A B C D E F G H I J K M n O P Q", " ") {
		if !strings.Contains(err.Error(), "settings: "+name+": ") {
			t.Errorf("nothing about %s", name)
		}
	}
}

// misspelt has a field that would silently be no setting.
type misspelt struct {
	Key  Secret `settings:"api_key" title:"API key"`
	Good string `setting:"good" title:"Good"`
}

// TestMisspeltTagsAreNotLeftOut: a field that would silently be no setting is told of,
// with the struct, the field and the right form.
func TestMisspeltTagsAreNotLeftOut(t *testing.T) {
	t.Parallel()
	const right = `setting:"some_name" title:"Some name"`
	_, err := define(Plugin[misspelt, nothing]{})
	if err == nil || !strings.Contains(err.Error(), "settings: misspelt.Key: ") || !strings.Contains(err.Error(), right) {
		t.Errorf("got %v", err)
	}
	const taken = ""
	for tag, want := range map[reflect.StructTag]string{
		``:                                `"setting" is missing`,
		`json:"foreign"`:                  `"setting" is missing`,
		`title:"Without a name"`:          `"setting" is missing`,
		`settings:"x" title:"X"`:          `"settings" is unknown`,
		`Setting:"x" title:"X"`:           `"Setting" is unknown`,
		`setting: "x" title:"X"`:          "does not read from `setting: ",
		`setting:"x"title:"X"`:            "does not read from `setting:",
		`setting:'x' title:"X"`:           "does not read from `setting:'",
		`setting:"x" title:"X" help`:      "does not read from `help`",
		`setting:"x" title:"X" hlep:""`:   `"hlep" is unknown`,
		`setting:"x" title:"X" title:"Y"`: `"title" occurs twice`,
		`setting:"x,required" title:"X"`:  `required:"true"`,
		`setting:"" title:"X"`:            "snake_case",
		`setting:"-"`:                     taken,
		`setting:"-" json:"x"`:            taken,
		`setting:"x" title:"X"`:           taken,
	} {
		_, err := settingFields(reflect.StructOf([]reflect.StructField{
			{Name: "X", Type: reflect.TypeFor[string](), Tag: tag},
		}))
		if (err == nil) != (want == taken) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", tag, err)
		}
	}
	for tag, left := range map[reflect.StructTag]bool{
		``: true, `json:"x"`: true, `setting:"-"`: true, `settings:"x"`: false, `setting: "x"`: false,
		`title:"X"`: false, `setting:"x" title:"X"`: false,
	} {
		fields, err := settingFields(reflect.StructOf([]reflect.StructField{
			{Name: "x", PkgPath: "x", Type: reflect.TypeFor[string](), Tag: tag},
		}))
		if (err == nil) != left || len(fields) > 0 {
			t.Errorf("not exported, %s: %v, %v", tag, fields, err)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	fields, err := settingFields(reflect.TypeFor[allSettings]())
	if err != nil {
		t.Fatal(err)
	}
	var good allSettings
	faults := decode(fields, reflect.ValueOf(&good).Elem(),
		map[string]string{
			"hours": "24", "base_url": "https://x", "days": "-3", "copy": "false", "store": "abc", "note": "", "region": "",
		},
		map[string]string{"api_key": "k1"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	good.inner = good.Inner
	if good.Hours != 24 || good.Key.Reveal() != "k1" || good.Region != "eu" || good.Base != "https://x" ||
		good.Copy || good.Days != -3 || good.Note != "" {
		t.Errorf("got %+v", good)
	}
	var bad allSettings
	faults = decode(fields, reflect.ValueOf(&bad).Elem(),
		map[string]string{
			"hours": "25", "base_url": "x", "days": "1.5", "copy": "yes", "store": "abcd", "region": "mars",
			"api_key": "secret among settings", "other": "x",
		}, nil)
	var got []string
	for _, fault := range faults {
		got = append(got, fault.Field+" "+fault.Reason)
		if fault.Hint == "" {
			t.Errorf("%s: no hint", fault.Field)
		}
	}
	want := "api_key SETTING_UNKNOWN,other SETTING_UNKNOWN,api_key SETTING_MISSING,region SETTING_INVALID," +
		"base_url SETTING_INVALID,store SETTING_INVALID,copy SETTING_INVALID,days SETTING_INVALID,hours SETTING_INVALID"
	if strings.Join(got, ",") != want {
		t.Errorf("got %v", got)
	}
}

// FuzzDecode: whatever the values, decode does not panic, and what it takes fits
// the fields.
func FuzzDecode(f *testing.F) {
	f.Add("region", "us", "k1")
	f.Add("days", "99999999999999999999", "")
	f.Add("base_url", "http://[::1", "K")
	f.Add("store", "abc\n", "k")
	f.Fuzz(func(t *testing.T, name, value, key string) {
		fields, err := settingFields(reflect.TypeFor[allSettings]())
		if err != nil {
			t.Fatal(err)
		}
		var s allSettings
		faults := decode(fields, reflect.ValueOf(&s).Elem(),
			map[string]string{name: value}, map[string]string{"api_key": key})
		if len(faults) > 0 {
			return
		}
		if s.Key.Empty() || s.Region != "eu" && s.Region != "us" || s.Store != "" && len(s.Store) != 3 {
			t.Errorf("took %+v", s)
		}
		if s.Base != "" && !webAddress(s.Base) {
			t.Errorf("took the address %q", s.Base)
		}
	})
}

type nothing struct{}

func (nothing) CheckConnection() CheckResult { return CheckResult{} }

func (*nothing) Close() error { return nil }

func TestDefineNamesAllFaults(t *testing.T) {
	t.Parallel()
	_, err := define(Plugin[struct{}, nothing]{
		Name: "Bad Name", Pace: Pace{Burst: -1, BatchBytes: 5 << 20},
		JoinedFacts: []JoinedFact{{pluginv1.OrderFact_ORDER_FACT_CUSTOMER, "absent"}},
	})
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, part := range []string{
		"name:", "version:", "title:", "new:", "instance:", "negative", "4 MiB", `"absent"`,
		"method CheckConnection is not", "method Close needs the pointer",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("nothing about %s in %v", part, err)
		}
	}
}

var errDefinition = errors.New("declared")

func TestReasonOfNewIsAFault(t *testing.T) {
	t.Parallel()
	build := builder(func(Env, struct{}) (nothing, error) { return nothing{}, errDefinition }, nil)
	if _, faults := build(Env{}, nil, nil); len(faults) != 1 || faults[0].Hint != "declared" {
		t.Errorf("got %v", faults)
	}
}
