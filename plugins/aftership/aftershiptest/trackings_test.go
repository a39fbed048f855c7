package aftershiptest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

func TestNumberAndCourierAreUnique(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
	const g = aftershiptest.V202607
	bare := `{"tracking_number":"` + upsNumber + `","order_id":"A"}`
	wantCode(t, create(t, stand, g, bare), 201, 201)
	wantCode(t, create(t, stand, g, bare), 400, 4003)
	// The detected courier counts: naming it is the same tracking, another is not.
	wantCode(t, create(t, stand, g, `{"tracking_number":"`+upsNumber+`","slug":"ups"}`), 400, 4003)
	wantCode(t, create(t, stand, g, `{"tracking_number":"`+upsNumber+`","slug":"dhl"}`), 201, 201)
	if kept := stand.Trackings(); len(kept) != 2 || kept[0].Fact(g, "order_id") != "A" {
		t.Errorf("kept %+v", kept)
	}
	other := aftershiptest.Key{Value: "other"}
	stand.SetKey(other)
	got := call(t, stand, http.MethodPost, g.Prefix()+"/trackings", bare, "as-api-key", "other")
	wantCode(t, got, 201, 201)
}

func TestShapesOf4003(t *testing.T) {
	t.Parallel()
	flat := func(d map[string]any) bool { return d["id"] != nil }
	wrapped := func(d map[string]any) bool { inner, _ := d["tracking"].(map[string]any); return inner["id"] != nil }
	empty := func(d map[string]any) bool { return len(d) == 0 }
	tests := []struct {
		name  string
		g     aftershiptest.Generation
		shape aftershiptest.DuplicateShape
		is    func(map[string]any) bool
	}{
		{"usual v4", aftershiptest.V4, aftershiptest.DuplicateUsual, wrapped},
		{"usual newest", aftershiptest.V202607, aftershiptest.DuplicateUsual, flat},
		{"flat", aftershiptest.V4, aftershiptest.DuplicateFlat, flat},
		{"wrapped", aftershiptest.V202607, aftershiptest.DuplicateWrapped, wrapped},
		{"empty", aftershiptest.V202607, aftershiptest.DuplicateEmpty, empty},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New(aftershiptest.WithDuplicateShape(test.shape))
			bare := `{"tracking_number":"` + upsNumber + `"}`
			wantCode(t, create(t, stand, test.g, bare), 201, 201)
			got := create(t, stand, test.g, bare)
			wantCode(t, got, 400, 4003)
			if !test.is(got.data) {
				t.Errorf("data is %v", got.data)
			}
		})
	}
}

func TestUpdateDeleteAndRead(t *testing.T) {
	t.Parallel()
	for _, g := range aftershiptest.Generations() {
		t.Run(string(g), func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New(aftershiptest.WithoutRateLimits())
			wantCode(t, create(t, stand, g, `{"tracking_number":"`+upsNumber+`","order_id":"A"}`), 201, 201)
			kept := stand.Trackings()[0]
			for _, id := range []string{kept.ID, kept.LegacyID} {
				path := g.Prefix() + "/trackings/" + id
				wantCode(t, call(t, stand, "GET", path, ""), 200, 200)
				wantCode(t, call(t, stand, "PUT", path, wrap(g, `{"order_id":"B","tracking_number":"1234"}`)), 200, 200)
			}
			if dropped := lastExchange(t, stand).Dropped; len(dropped) != 1 || dropped[0] != "tracking_number" {
				t.Errorf("dropped %q", dropped)
			}
			if got := stand.Trackings()[0].Fact(g, "order_id"); got != "B" {
				t.Errorf("order_id is %v", got)
			}
			path := g.Prefix() + "/trackings/" + kept.ID
			wantCode(t, call(t, stand, "PUT", path, wrap(g, `{"slug":"no-such"}`)), 400, 4010)
			wantCode(t, call(t, stand, "DELETE", path, ""), 200, 200)
			wantCode(t, call(t, stand, "DELETE", path, ""), 404, 4004)
			wantCode(t, call(t, stand, "PUT", path, wrap(g, `{"order_id":"B"}`)), 404, 4004)
		})
	}
}

func TestUpdateMeetsAnotherTracking(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	const g = aftershiptest.V202607
	wantCode(t, create(t, stand, g, `{"tracking_number":"`+upsNumber+`"}`), 201, 201)
	wantCode(t, create(t, stand, g, `{"tracking_number":"`+upsNumber+`","slug":"dhl"}`), 201, 201)
	second := stand.Trackings()[1]
	wantCode(t, call(t, stand, "PUT", g.Prefix()+"/trackings/"+second.ID, `{"slug":"ups"}`), 400, 4003)
	wantCode(t, call(t, stand, "PUT", g.Prefix()+"/trackings/"+second.ID, `{"slug":"fedex"}`), 200, 200)
}

func TestLists(t *testing.T) {
	t.Parallel()
	clock := newClock()
	stand := aftershiptest.New(aftershiptest.WithoutRateLimits(), aftershiptest.WithClock(clock.Now))
	const g = aftershiptest.V202607
	for i := range 5 {
		wantCode(t, create(t, stand, g, fmt.Sprintf(`{"tracking_number":"12345678901%d","order_id":"A"}`, i)), 201, 201)
	}
	length := func(path string) int {
		list, _ := call(t, stand, "GET", path, "").data["trackings"].([]any)
		return len(list)
	}
	tests := []struct {
		path string
		want int
	}{
		{"/tracking/2026-07/trackings", 5},
		{"/tracking/2026-07/trackings?limit=2", 2},
		{"/tracking/2026-07/trackings?limit=2&cursor=4", 1},
		{"/tracking/2024-07/trackings?limit=2&page=3", 1},
		{"/tracking/2026-07/trackings?tracking_numbers=123456789011,123456789012", 2},
		{"/tracking/2026-07/trackings?tracking_numbers=123456789011&slug=ups", 0},
		{"/tracking/2026-07/trackings?tracking_numbers=123456789011&slug=fedex", 1},
		{"/tracking/2026-07/trackings?order_id=A", 5},
		{"/tracking/2026-07/trackings?order_id=B", 0},
	}
	for _, test := range tests {
		if got := length(test.path); got != test.want {
			t.Errorf("%s: %d trackings, want %d", test.path, got, test.want)
		}
	}
	for _, path := range []string{"?limit=201", "?limit=x", "?cursor=-1", "?slug=A_B"} {
		wantCode(t, call(t, stand, "GET", "/tracking/2026-07/trackings"+path, ""), 400, 4008)
	}
	clock.Advance(121 * 24 * time.Hour)
	if got := length("/tracking/2026-07/trackings"); got != 0 {
		t.Errorf("%d trackings after 121 days, want 0", got)
	}
}

func TestUndetected(t *testing.T) {
	t.Parallel()
	for wanted := 1; wanted <= 5; wanted++ {
		stand := aftershiptest.New(aftershiptest.WithUndetected(wanted))
		wantCode(t, create(t, stand, aftershiptest.V202607, `{"tracking_number":"ZZZZZ"}`), 400, 4012)
	}
	stand := aftershiptest.New(aftershiptest.WithUndetected(0))
	got := create(t, stand, aftershiptest.V202607, `{"tracking_number":"ZZZZZ"}`)
	wantCode(t, got, 201, 201)
	if got.data["slug"] != aftershiptest.Unrecognized {
		t.Errorf("slug is %v", got.data["slug"])
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	kept, err := stand.Seed(aftershiptest.V4, aftershiptest.ValidKey,
		map[string]any{"tracking_number": upsNumber, "title": "by hand"})
	if err != nil || kept.Number != upsNumber {
		t.Fatalf("seed %+v: %v", kept, err)
	}
	if _, err := stand.Seed(aftershiptest.V4, aftershiptest.ValidKey, map[string]any{}); err == nil {
		t.Error("a seed without number is accepted")
	}
	if !stand.Delete(kept.ID) || stand.Delete(kept.ID) {
		t.Error("delete does not tell whether there was one")
	}
}

// TestIDsDifferBetweenStarts: what one run gave out must not name another parcel's tracking
// in the next one.
func TestIDsDifferBetweenStarts(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		stand := aftershiptest.New()
		wantCode(t, create(t, stand, aftershiptest.V202607, `{"tracking_number":"`+upsNumber+`"}`), 201, 201)
		for _, id := range []string{stand.Trackings()[0].ID, stand.Trackings()[0].LegacyID} {
			if seen[id] {
				t.Errorf("id %s came again", id)
			}
			seen[id] = true
		}
	}
}
