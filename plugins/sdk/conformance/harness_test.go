package conformance

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestReadHarness(t *testing.T) {
	t.Parallel()
	h, err := ReadHarness(strings.NewReader(`
settings: {region: eu}
secrets: {api_key: canary}
faulty: [{name: no such region, settings: {region: xx}, field: region}]
tracking: [{order_id: "A-{n}", parcel: {tracking_number: "1Z{n}"}}]
orders: [{orderId: "B-{n}"}]
environment: {MODE: test}
outcomes: {400: RETRY}
remote:
  setting: base_url
  key_field: id
  answers: [{method: POST, path: "/a/*", status: 201, body: made}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"region": "eu"}, h.Settings); diff != "" {
		t.Error(diff)
	}
	if h.Secrets["api_key"] != "canary" || h.Environment["MODE"] != "test" ||
		h.Outcomes[400] != pluginv1.Outcome_OUTCOME_RETRY || len(h.Faulty) != 1 || h.Faulty[0].Field != "region" ||
		h.Tracking[0].GetParcel().GetTrackingNumber() != "1Z{n}" || h.Orders[0].GetOrderId() != "B-{n}" {
		t.Errorf("read %+v", h)
	}
	answer := httptest.NewRecorder()
	h.Remote.New().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/a/b", nil))
	if h.Remote.Setting != "base_url" || answer.Code != http.StatusCreated || answer.Body.String() != "made" {
		t.Errorf("%q answers %d %q", h.Remote.Setting, answer.Code, answer.Body)
	}
	if _, err := ReadHarness(strings.NewReader("")); err != nil {
		t.Errorf("an empty file: %v", err)
	}
}

func TestReadHarnessRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"setings: {}":                       "setings",
		"settings: [":                       "read harness",
		"tracking: [{parcel: {number: 1}}]": "tracking[0]",
		"orders: [{}, 7]":                   "orders[1]",
		"outcomes: {400: LOST}":             `no outcome "LOST"`,
		"remote: {setting: a, answers: [{path: \"[\"}]}":   "answers[0]: path",
		"remote: {setting: a, answers: [{}, {status: 1}]}": "answers[1]: status",
	} {
		if _, err := ReadHarness(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzReadHarness(f *testing.F) {
	f.Add("settings: {a: b}\nremote: {setting: a}")
	f.Add("tracking: [{order_id: x}]")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = ReadHarness(strings.NewReader(text)) })
}

func TestHarnessFitsThePlugin(t *testing.T) {
	t.Parallel()
	d := &pluginv1.Description{Settings: []*pluginv1.SettingField{
		{Name: "region", Kind: pluginv1.SettingKind_SETTING_KIND_CHOICE, Required: true, Choices: []*pluginv1.SettingChoice{
			{Value: "eu"},
		}},
		{Name: "key", Kind: pluginv1.SettingKind_SETTING_KIND_SECRET, Required: true},
		{Name: "limit", Kind: pluginv1.SettingKind_SETTING_KIND_INTEGER, DefaultValue: "9"},
		{Name: "note", Kind: pluginv1.SettingKind_SETTING_KIND_TEXT},
	}}
	settings, secrets := Harness{Settings: map[string]string{"note": "n"}}.settings(d)
	if diff := cmp.Diff(map[string]string{"region": "eu", "limit": "9", "note": "n"}, settings); diff != "" {
		t.Error(diff)
	}
	if len(secrets["key"]) < shortestCanary {
		t.Errorf("secret %q is too short to be looked for", secrets["key"])
	}
	err := Harness{
		Settings: map[string]string{"key": "x"}, Secrets: map[string]string{"note": "x"},
		Remote:   &Remote{Setting: "base_url"},
		Outcomes: map[int]pluginv1.Outcome{400: pluginv1.Outcome_OUTCOME_DELIVERED},
	}.validate(d)
	for _, want := range []string{
		"outcomes: 400", "settings: key", "secrets: note", `no setting "base_url"`, "no stand-in",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestCannedRecords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		canned Canned
		want   int
	}{
		{"without a key every write is one", Canned{}, 3},
		{"by header", Canned{KeyHeader: "Key"}, 2},
		{"by field", Canned{KeyField: "id"}, 1},
		{"refused writes make none", Canned{Answers: []Answer{{Status: 409}}}, 0},
		{"searches by POST make none", Canned{Answers: []Answer{{Reads: true}}}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			standIn := test.canned.New()
			for _, key := range []string{"a", "b", "a"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(`{"id": 7}`))
				r.Header.Set("Key", key)
				standIn.ServeHTTP(httptest.NewRecorder(), r)
			}
			standIn.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
			if records := standIn.Records(); len(records) != test.want {
				t.Errorf("records %q, want %d", records, test.want)
			}
		})
	}
	kind, body := Canned{Refusal: Answer{Body: `{"code": {status}}`}}.New().Failure(418)
	if kind != "application/json" || body != `{"code": 418}` {
		t.Errorf("refusal %s %s", kind, body)
	}
}
