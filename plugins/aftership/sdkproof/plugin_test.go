package sdkproof

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spurline/spurline/plugins/aftership"
	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// shared are the facts that both are told. The library is told them in the names
// of its models, the plugin as a tracking record.
type shared struct {
	name     string
	settings map[string]string
	record   func(*pluginv1.TrackingRecord)
	model    map[string]any
}

func cases() []shared {
	six := map[string]any{
		"tracking_number": upsNumber, "order_id": "A-100042", "tracking_ship_date": "2026-11-20",
		"destination_country_region": "USA",
		"custom_fields":              map[string]any{"order_source": "webshop", "uploaded_by": "CartRover"},
	}
	return []shared{
		{
			name: "number and order only",
			model: map[string]any{
				"tracking_number": upsNumber, "order_id": "A-100042",
				"custom_fields": map[string]any{"uploaded_by": "CartRover"},
			},
		},
		{
			name: "the six facts",
			record: func(r *pluginv1.TrackingRecord) {
				r.Parcel.ShipDate = new("2026-11-20")
				r.Order = &commercev1.Order{
					OrderSource: new("webshop"), ShipTo: &commercev1.Address{CountryCode: new("us")},
				}
			},
			model: six,
		},
		{
			name:     "with courier and contact",
			settings: map[string]string{"courier_slugs": "UPS=ups", "send_customer_contact": "true"},
			record: func(r *pluginv1.TrackingRecord) {
				r.Parcel.ShipDate, r.Parcel.Carrier = new("2026-11-20"), new("UPS")
				r.Order = &commercev1.Order{
					OrderSource: new("webshop"), OrderNumber: new("42"),
					ShipTo: &commercev1.Address{CountryCode: new("USA"), Name: new("Zoë \"Z\" Smith & <Co>")},
					Customer: &commercev1.Customer{
						Email: new("zoe@example.com"), Phone: new("+1 202-555-0143"), LanguageCode: new("en-US"),
					},
				}
			},
			model: with(six, map[string]any{
				"slug": "ups", "order_number": "42", "language": "en",
				"customers": []any{map[string]any{
					"name": "Zoë \"Z\" Smith & <Co>", "email": "zoe@example.com", "phone_number": "+12025550143",
				}},
			}),
		},
	}
}

func with(facts, more map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range []map[string]any{facts, more} {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// TestPluginSendsWhatTheLibrarySends compares, for the same facts, the request
// of the plugin with the one of AfterShip's own library.
func TestPluginSendsWhatTheLibrarySends(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	for _, g := range generations() {
		fields := modelFields(t, g, "CreateTrackingRequest")
		for _, c := range cases() {
			t.Run(string(g)+" "+c.name, func(t *testing.T) {
				t.Parallel()
				for name := range c.model {
					if !slices.Contains(fields, name) {
						t.Errorf("the library's model has no %q", name)
					}
				}
				theirs := aftershiptest.New(aftershiptest.WithoutRateLimits())
				library := session{generation: g, base: theirs.Start(t), key: aftershiptest.ValidKey}
				if r := library.run(t, createTracking(c.model))[0]; r.Error != nil {
					t.Fatalf("the library failed: %+v", *r.Error)
				}
				ours := aftershiptest.New(aftershiptest.WithoutRateLimits())
				forward(t, g, ours.Start(t), c)
				compare(t, ours, theirs)
			})
		}
	}
}

func forward(t *testing.T, g aftershiptest.Generation, base string, c shared) {
	t.Helper()
	settings := map[string]string{"base_url": base, "api_generation": string(g)}
	for name, value := range c.settings {
		settings[name] = value
	}
	d := plugintest.Tracking("d", strings.ToLower(upsNumber))
	d.Record.OrderId, d.Record.Order = "A-100042", nil
	if c.record != nil {
		c.record(d.Record)
	}
	r := plugintest.New(t, aftership.Plugin()).
		Forward(settings, map[string]string{"api_key": aftershiptest.ValidKey}, d)["d"]
	if r.GetOutcome() != pluginv1.Outcome_OUTCOME_DELIVERED || r.GetHint() != "" {
		t.Fatalf("the plugin failed: %v", r)
	}
}

// compare holds the first calls that the two stand-ins got against each other.
func compare(t *testing.T, ours, theirs *aftershiptest.Server) {
	t.Helper()
	a, b := ours.Journal()[0], theirs.Journal()[0]
	if a.Method != b.Method || a.Path != b.Path {
		t.Errorf("the plugin calls %s %s, the library %s %s", a.Method, a.Path, b.Method, b.Path)
	}
	for _, header := range []string{"as-api-key", "Content-Type"} {
		if a.Header.Get(header) != b.Header.Get(header) {
			t.Errorf("%s differs: %q, library %q", header, a.Header.Get(header), b.Header.Get(header))
		}
	}
	var sent, wanted any
	if json.Unmarshal(a.Raw, &sent) != nil || json.Unmarshal(b.Raw, &wanted) != nil {
		t.Fatal("a body is not JSON")
	}
	if diff := cmp.Diff(wanted, sent); diff != "" {
		t.Errorf("bodies differ (-library +plugin):\n%s", diff)
	}
	if a.Dropped != nil || b.Dropped != nil {
		t.Errorf("dropped %q of the plugin, %q of the library", a.Dropped, b.Dropped)
	}
}
