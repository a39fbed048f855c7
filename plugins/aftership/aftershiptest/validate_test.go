package aftershiptest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// TestEveryGenerationTakesItsOwnNames sends the six facts as each generation
// wants them, and each other generation's spelling too.
func TestEveryGenerationTakesItsOwnNames(t *testing.T) {
	t.Parallel()
	for _, g := range aftershiptest.Generations() {
		t.Run(string(g), func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New()
			date, country := "20261120", "destination_country_iso3"
			if g >= "2025-01" && g != aftershiptest.V4 {
				date, country = "2026-11-20", "destination_country_region"
			}
			tracking := fmt.Sprintf(`{"tracking_number":%q,"order_id":"A-1","tracking_ship_date":%q,%q:"DEU",`+
				`"custom_fields":{"order_source":"shop","uploaded_by":"CartRover"}}`, upsNumber, date, country)
			wantCode(t, create(t, stand, g, tracking), http.StatusCreated, 201)
			if dropped := lastExchange(t, stand).Dropped; dropped != nil {
				t.Errorf("dropped %q", dropped)
			}
			kept := stand.Trackings()[0]
			if kept.Slug != "ups" || kept.CustomField("uploaded_by") != "CartRover" || kept.Fact(g, country) != "DEU" {
				t.Errorf("kept %+v", kept)
			}
		})
	}
}

func TestNamesOfOtherGenerationsAreDropped(t *testing.T) {
	t.Parallel()
	tests := []struct {
		g       aftershiptest.Generation
		field   string
		dropped bool
	}{
		{aftershiptest.V4, "tracking_destination_country", false},
		{aftershiptest.V4, "destination_country_region", true},
		{aftershiptest.V202410, "tracking_destination_country", false},
		{aftershiptest.V202410, "destination_country_region", true},
		{aftershiptest.V202501, "tracking_destination_country_region", false},
		{aftershiptest.V202501, "tracking_destination_country", true},
		{aftershiptest.V202501, "destination_country_iso3", true},
		{aftershiptest.V202504, "tracking_destination_country_region", true},
		{aftershiptest.V202607, "tracking_destination_country", true},
		{aftershiptest.V202607, "destination_country_region", false},
	}
	for _, test := range tests {
		t.Run(string(test.g)+" "+test.field, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New()
			got := create(t, stand, test.g, fmt.Sprintf(`{"tracking_number":%q,%q:"DEU"}`, upsNumber, test.field))
			wantCode(t, got, http.StatusCreated, 201)
			if dropped := slices.Contains(lastExchange(t, stand).Dropped, test.field); dropped != test.dropped {
				t.Errorf("dropped is %v, want %v", dropped, test.dropped)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const newest, older = aftershiptest.V202607, aftershiptest.V202407
	long := strings.Repeat("1", 101)
	tests := []struct {
		name     string
		g        aftershiptest.Generation
		tracking string
		code     int
	}{
		{"no number", newest, `{"order_id":"1"}`, 4007},
		{"short number", newest, `{"tracking_number":"123"}`, 4005},
		{"long number", newest, `{"tracking_number":"` + long + `"}`, 4005},
		{"empty number", newest, `{"tracking_number":""}`, 4005},
		{"lower case number", newest, `{"tracking_number":"1z999aa10123456784"}`, 4017},
		{"space in number", newest, `{"tracking_number":"1Z 9999"}`, 4017},
		{"number as number", newest, `{"tracking_number":123456789012}`, 400},
		{"number as number, before types were strict", older, `{"tracking_number":123456789012}`, 4007},
		{"empty order id", newest, `{"tracking_number":"123456789012","order_id":""}`, 4008},
		{"null order id", newest, `{"tracking_number":"123456789012","order_id":null}`, 400},
		{"number as order id", newest, `{"tracking_number":"123456789012","order_id":7}`, 400},
		{"alpha-2 country", newest, `{"tracking_number":"123456789012","destination_country_region":"DE"}`, 4008},
		{"lower case country", newest, `{"tracking_number":"123456789012","destination_country_region":"deu"}`, 4008},
		{"no country", newest, `{"tracking_number":"123456789012","destination_country_region":"XXX"}`, 4008},
		{"eight digits", newest, `{"tracking_number":"123456789012","tracking_ship_date":"20261120"}`, 4008},
		{"dashes in an old one", older, `{"tracking_number":"123456789012","tracking_ship_date":"2026-11-20"}`, 4008},
		{"no such day", newest, `{"tracking_number":"123456789012","tracking_ship_date":"2026-02-30"}`, 4008},
		{"unknown slug", newest, `{"tracking_number":"123456789012","slug":"no-such"}`, 4010},
		{"bad slug", newest, `{"tracking_number":"123456789012","slug":"U P S"}`, 4010},
		{"slug list", newest, `{"tracking_number":"123456789012","slug":["ups"]}`, 400},
		{"slug and group", newest, `{"tracking_number":"123456789012","slug":"ups","slug_group":"x"}`, 4008},
		{"numeric custom field", newest, `{"tracking_number":"123456789012","custom_fields":{"a":1}}`, 400},
		{
			"long custom field", newest,
			`{"tracking_number":"123456789012","custom_fields":{"a":"` + strings.Repeat("x", 513) + `"}}`, 4008,
		},
		{
			"long custom key", newest,
			`{"tracking_number":"123456789012","custom_fields":{"` + strings.Repeat("x", 31) + `":"a"}}`, 4008,
		},
		{"bad own id", newest, `{"tracking_number":"123456789012","id":"a b"}`, 4015},
		{"required field", newest, `{"tracking_number":"RR123456785DE"}`, 4011},
		{"required field, v4", aftershiptest.V4, `{"tracking_number":"RR123456785DE"}`, 4009},
		{
			"address field for the additional one, v4", aftershiptest.V4,
			`{"tracking_number":"3SABCD1234567","destination_country_iso3":"NLD"}`, 4009,
		},
		{"undetected", newest, `{"tracking_number":"ZZZZ"}`, 4012},
		{"long postal code", newest, `{"tracking_number":"123456789012","destination_postal_code":"12345678901"}`, 4008},
		{"account number", newest, `{"tracking_number":"123456789012","tracking_account_number":"a b"}`, 4008},
		{"tracking key", newest, `{"tracking_number":"123456789012","tracking_key":"a b"}`, 4008},
		{"order date", newest, `{"tracking_number":"123456789012","order_date":"2026-11-20"}`, 4008},
		{"delivery type", newest, `{"tracking_number":"123456789012","delivery_type":"drone"}`, 4008},
		{
			"promised date with a time, before 2025-04", aftershiptest.V202501,
			`{"tracking_number":"123456789012","order_promised_delivery_date":"2026-11-20T10:00:00"}`, 4008,
		},
		{
			"promised date as a text", newest,
			`{"tracking_number":"123456789012","order_promised_delivery_date":"2026-11-20"}`, 400,
		},
		{
			"long tag", newest,
			`{"tracking_number":"123456789012","shipment_tags":["` + strings.Repeat("x", 33) + `"]}`, 4008,
		},
		{"phone without plus, old", older, `{"tracking_number":"123456789012","smses":["0170"]}`, 4008},
		{"four e-mails, old", older, `{"tracking_number":"123456789012","emails":["a","b","c","d"]}`, 4008},
		{"e-mail list of numbers", aftershiptest.V202410, `{"tracking_number":"123456789012","emails":[1]}`, 400},
		{"customers as an object", newest, `{"tracking_number":"123456789012","customers":{}}`, 400},
		{"customer as a text", newest, `{"tracking_number":"123456789012","customers":["x"]}`, 400},
		{"custom fields as a list", newest, `{"tracking_number":"123456789012","custom_fields":[]}`, 400},
		{"four customers", newest, `{"tracking_number":"123456789012","customers":[{},{},{},{}]}`, 4008},
		{"phone without plus", newest, `{"tracking_number":"123456789012","customers":[{"phone_number":"0170"}]}`, 4008},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New()
			got := create(t, stand, test.g, test.tracking)
			wantCode(t, got, http.StatusBadRequest, test.code)
			if got.kind != "BadRequest" || len(stand.Trackings()) != 0 {
				t.Errorf("type is %q, %d trackings kept", got.kind, len(stand.Trackings()))
			}
		})
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, path, body string
		code             int
	}{
		{"not JSON", "/tracking/2026-07/trackings", `{`, 4001},
		{"no object", "/tracking/2026-07/trackings", `[]`, 4001},
		{"null", "/tracking/2026-07/trackings", `null`, 4001},
		{"two values", "/tracking/2026-07/trackings", `{} {}`, 4001},
		{"flat where wrapped", "/tracking/2024-04/trackings", `{"tracking_number":"123456789012"}`, 4006},
		{"flat on v4", "/v4/trackings", `{"tracking_number":"123456789012"}`, 4006},
		{"wrapped where flat", "/tracking/2024-07/trackings", `{"tracking":{"tracking_number":"123456789012"}}`, 4007},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := call(t, aftershiptest.New(), http.MethodPost, test.path, test.body)
			wantCode(t, got, http.StatusBadRequest, test.code)
		})
	}
	t.Run("content type", func(t *testing.T) {
		t.Parallel()
		got := call(t, aftershiptest.New(), http.MethodPost, "/v4/trackings", `{}`, "Content-Type", "text/plain")
		wantCode(t, got, http.StatusBadRequest, 400)
	})
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		body := `{"note":"` + strings.Repeat("x", 1<<20) + `"}`
		got := call(t, aftershiptest.New(), http.MethodPost, "/tracking/2026-07/trackings", body)
		wantCode(t, got, http.StatusRequestEntityTooLarge, 413)
	})
}

// TestOldTypesAreIgnored pins what changed in 2024-10: before, a wrongly typed
// field was as good as absent, and custom fields took numbers.
func TestOldTypesAreIgnored(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	got := create(t, stand, aftershiptest.V202407,
		`{"tracking_number":"123456789012","order_id":7,"custom_fields":{"a":1,"b":{},"c":"text"}}`)
	wantCode(t, got, http.StatusCreated, 201)
	if dropped := lastExchange(t, stand).Dropped; !slices.Equal(dropped, []string{"custom_fields.b", "order_id"}) {
		t.Errorf("dropped %q", dropped)
	}
}

// TestKeysInsideObjects keeps what the generation knows and drops the rest.
func TestKeysInsideObjects(t *testing.T) {
	t.Parallel()
	for g, dropped := range map[aftershiptest.Generation][]string{
		aftershiptest.V202507: {"customers[0].colour", "customers[0].id"},
		aftershiptest.V202607: {"customers[0].colour"},
	} {
		stand := aftershiptest.New()
		got := create(t, stand, g, `{"tracking_number":"123456789012","customers":[{"name":"E","id":"1","colour":"red"}],`+
			`"shipment_tags":["a"],"delivery_type":"door_to_door","order_date":"2026-11-20T10:00:00Z"}`)
		wantCode(t, got, http.StatusCreated, 201)
		if e := lastExchange(t, stand); !slices.Equal(e.Dropped, dropped) {
			t.Errorf("%s: dropped %q", g, e.Dropped)
		}
	}
}
