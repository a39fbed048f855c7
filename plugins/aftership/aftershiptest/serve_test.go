package aftershiptest_test

import (
	"net/http"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

func TestPathsOfEachGeneration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, path string
		status, code       int
	}{
		{"unknown version", "GET", "/tracking/2022-01/couriers", 404, 404},
		{"v4 under tracking", "GET", "/tracking/v4/couriers", 404, 404},
		{"no version", "GET", "/couriers", 404, 404},
		{"wrong path", "GET", "/v4/nothing", 404, 404},
		{"wrong method", "PATCH", "/v4/couriers", 404, 404},
		{"all couriers, old", "GET", "/tracking/2025-01/couriers/all", 200, 200},
		{"all couriers, gone", "GET", "/tracking/2025-04/couriers/all", 404, 404},
		{"by slug and number, old", "GET", "/tracking/2024-07/trackings/ups/" + upsNumber, 200, 200},
		{"by slug and number, gone", "GET", "/tracking/2024-10/trackings/ups/" + upsNumber, 404, 404},
		{"unknown id", "GET", "/tracking/2026-07/trackings/00000000000000000000000000000000", 404, 4004},
		{"malformed id", "GET", "/tracking/2026-07/trackings/a%20b", 400, 4015},
		{"unknown id to delete", "DELETE", "/tracking/2026-07/trackings/0", 404, 4004},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New()
			wantCode(t, create(t, stand, aftershiptest.V202607, `{"tracking_number":"`+upsNumber+`"}`), 201, 201)
			wantCode(t, call(t, stand, test.method, test.path, ""), test.status, test.code)
		})
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	const v4, newest = "/v4/couriers", "/tracking/2026-07/couriers"
	tests := []struct {
		name, path, header, key string
		status                  int
	}{
		{"good", newest, "as-api-key", aftershiptest.ValidKey, 200},
		{"good, v4, new header", v4, "as-api-key", aftershiptest.ValidKey, 200},
		{"good, v4, old header", v4, "aftership-api-key", aftershiptest.ValidKey, 200},
		{"old header on a dated one", newest, "aftership-api-key", aftershiptest.ValidKey, 401},
		{"none", newest, "x-other", "x", 401},
		{"wrong", newest, "as-api-key", "nobody", 401},
		{"legacy on v4", v4, "aftership-api-key", aftershiptest.LegacyKey, 200},
		{"legacy on a dated one", newest, "as-api-key", aftershiptest.LegacyKey, 401},
		{"no plan", newest, "as-api-key", aftershiptest.NoPlanKey, 403},
		{"read-only reads", newest, "as-api-key", aftershiptest.ReadOnlyKey, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New()
			got := call(t, stand, http.MethodGet, test.path, "", "as-api-key", "", test.header, test.key)
			wantCode(t, got, test.status, test.status)
		})
	}
	t.Run("read-only writes", func(t *testing.T) {
		t.Parallel()
		got := call(t, aftershiptest.New(), http.MethodPost, "/tracking/2026-07/trackings",
			`{"tracking_number":"`+upsNumber+`"}`, "as-api-key", aftershiptest.ReadOnlyKey)
		wantCode(t, got, 403, 403)
	})
	t.Run("revoked", func(t *testing.T) {
		t.Parallel()
		stand := aftershiptest.New()
		stand.RevokeKey(aftershiptest.ValidKey)
		wantCode(t, call(t, stand, http.MethodGet, newest, ""), 401, 401)
		stand.SetKey(aftershiptest.Key{Value: aftershiptest.ValidKey})
		wantCode(t, call(t, stand, http.MethodGet, newest, ""), 200, 200)
	})
}

func TestHeadersOfAnswers(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New(aftershiptest.WithClock(newClock().Now))
	dated := call(t, stand, http.MethodGet, "/tracking/2026-07/couriers", "")
	if v := dated.header.Get("as-api-version"); v != "2026-07" {
		t.Errorf("as-api-version is %q", v)
	}
	if dated.header.Get("as-trace-id") == "" || dated.header.Get("Date") != noon.Format(http.TimeFormat) {
		t.Errorf("headers are %v", dated.header)
	}
	legacy := call(t, stand, http.MethodGet, "/v4/couriers", "")
	if v := legacy.header.Get("as-api-version"); v != "" {
		t.Errorf("as-api-version of v4 is %q", v)
	}
	for _, a := range []answer{dated, legacy} {
		for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
			if a.header.Get(name) == "" {
				t.Errorf("%s is missing", name)
			}
		}
	}
}

func TestCouriers(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	all := len(aftershiptest.DefaultCouriers())
	tests := []struct {
		path  string
		total int
	}{
		{"/tracking/2026-07/couriers?active=true", all - 1},
		{"/tracking/2026-07/couriers", all},
		{"/tracking/2025-04/couriers", all},
		{"/tracking/2025-01/couriers", all - 1},
		{"/v4/couriers", all - 1},
		{"/v4/couriers/all", all},
		{"/tracking/2026-07/couriers?slug=ups,dhl", 2},
	}
	for _, test := range tests {
		got := call(t, stand, http.MethodGet, test.path, "")
		if total, _ := got.data["total"].(float64); int(total) != test.total {
			t.Errorf("%s: total is %v, want %d", test.path, total, test.total)
		}
	}
}
