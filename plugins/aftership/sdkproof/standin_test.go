package sdkproof

import (
	"slices"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

const (
	upsNumber   = "1Z999AA10123456784"
	fedexNumber = "123456789012"
)

// TestModelsAgree compares the fields that the stand-in takes with the models of
// the official library, name by name.
func TestModelsAgree(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	for _, g := range generations() {
		for model, update := range map[string]bool{"CreateTrackingRequest": false, "UpdateTrackingByIdRequest": true} {
			ours := aftershiptest.FieldNames(g, update)
			slices.Sort(ours)
			if theirs := modelFields(t, g, model); !slices.Equal(ours, theirs) {
				t.Errorf("%s %s:\nstand-in %q\nlibrary  %q", g, model, ours, theirs)
			}
		}
	}
}

// TestLibraryWorksWithStandIn walks the life of a tracking.
func TestLibraryWorksWithStandIn(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	for _, g := range generations() {
		t.Run(string(g), func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
			base := stand.Start(t)
			kept, err := stand.Seed(g, aftershiptest.ValidKey, map[string]any{"tracking_number": fedexNumber})
			if err != nil {
				t.Fatal(err)
			}
			library := session{generation: g, base: base, key: aftershiptest.ValidKey}
			results := library.run(t,
				call{"courier", "getCouriers", []any{map[string]any{"active": "true"}}},
				createTracking(map[string]any{"tracking_number": upsNumber, "order_id": "A"}),
				call{"tracking", "getTrackings", []any{map[string]any{"tracking_numbers": upsNumber}}},
				call{"tracking", "updateTrackingById", []any{kept.ID, map[string]any{"order_id": "B"}}},
				call{"tracking", "getTrackingById", []any{kept.LegacyID}},
				call{"tracking", "deleteTrackingById", []any{kept.ID}},
			)
			for i, r := range results {
				if r.Error != nil {
					t.Errorf("call %d: %+v", i, *r.Error)
				}
			}
			if total := results[0].Data["total"]; total != float64(8) {
				t.Errorf("total of couriers is %v", total)
			}
			if slug := results[1].Data["slug"]; slug != "ups" {
				t.Errorf("slug is %v", slug)
			}
			if list, _ := results[2].Data["trackings"].([]any); len(list) != 1 {
				t.Errorf("found %v", results[2].Data)
			}
			if order := results[4].Data["order_id"]; order != "B" {
				t.Errorf("order_id is %v", order)
			}
			for _, e := range stand.Journal() {
				if e.Dropped != nil {
					t.Errorf("%s %s: dropped %q", e.Method, e.Path, e.Dropped)
				}
			}
		})
	}
}

// TestLibrarySeesFailures shows that the official client takes the stand-in's
// failures for those of the real API.
func TestLibrarySeesFailures(t *testing.T) {
	t.Parallel()
	needLibrary(t)
	tests := []struct {
		name   string
		key    string
		faults []aftershiptest.Fault
		body   map[string]any
		code   string
		meta   int
		tries  int
		// timeout makes the library try again; how often depends on the machine.
		timeout time.Duration
	}{
		{name: "wrong key", key: "nobody", code: "API_KEY_INVALID", meta: 401, tries: 1},
		{name: "no plan", key: aftershiptest.NoPlanKey, code: "REQUEST_NOT_ALLOWED", meta: 403, tries: 1},
		{name: "read-only key", key: aftershiptest.ReadOnlyKey, code: "REQUEST_NOT_ALLOWED", meta: 403, tries: 1},
		{
			name: "bad country", body: map[string]any{"tracking_number": upsNumber, "destination_country_region": "DE"},
			code: "VALUE_INVALID", meta: 4008, tries: 1,
		},
		{name: "no number", body: map[string]any{"order_id": "A"}, code: "TRACKING_NUMBER_REQUIRED", meta: 4007, tries: 1},
		{
			name: "unknown slug", body: map[string]any{"tracking_number": upsNumber, "slug": "no-such"},
			code: "SLUG_INVALID", meta: 4010, tries: 1,
		},
		{name: "undetected", body: map[string]any{"tracking_number": "ZZZZ"}, code: "BAD_COURIER", meta: 4012, tries: 1},
		{
			name: "limited", faults: []aftershiptest.Fault{aftershiptest.Limited(time.Second, 0)},
			code: "TOO_MANY_REQUEST", meta: 429, tries: 1,
		},
		{name: "down once", faults: []aftershiptest.Fault{aftershiptest.Status(503)}, tries: 2},
		{
			name: "down for good", faults: []aftershiptest.Fault{aftershiptest.Status(502).Times(9)},
			code: "INTERNAL_ERROR", meta: 502, tries: 4,
		},
		{
			name: "stored, then down", faults: []aftershiptest.Fault{aftershiptest.Status(503).AfterStore()},
			code: "TRACKING_ALREADY_EXIST", meta: 4003, tries: 2,
		},
		{
			name: "stored, then no answer", faults: []aftershiptest.Fault{aftershiptest.Hang().AfterStore()},
			code: "TRACKING_ALREADY_EXIST", meta: 4003, timeout: time.Second,
		},
		{name: "reset", faults: []aftershiptest.Fault{aftershiptest.Reset()}, code: "UNKNOWN_ERROR", tries: 1},
		{name: "page", faults: []aftershiptest.Fault{aftershiptest.HTML(400)}, code: "BAD_REQUEST", tries: 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
			base := stand.Start(t)
			stand.Script(test.faults...)
			key, body := test.key, test.body
			if key == "" {
				key = aftershiptest.ValidKey
			}
			if body == nil {
				body = map[string]any{"tracking_number": upsNumber}
			}
			library := session{generation: aftershiptest.V202607, base: base, key: key, timeout: test.timeout}
			got := library.run(t, createTracking(body))[0]
			if got.code() != test.code || got.Error != nil && got.Error.MetaCode != test.meta {
				t.Errorf("the library sees %+v", got.Error)
			}
			if tries := len(stand.Journal()); tries != test.tries && test.timeout == 0 {
				t.Errorf("%d tries, want %d", tries, test.tries)
			}
		})
	}
}
