package zohotest_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

func TestControlEndpoints(t *testing.T) {
	t.Parallel()
	b := setup(t)
	control := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	order := b.place(t, "ACME-1", true)
	b.ship(t, order, b.pack(t, order, "1"), "1Z-TRACK")
	b.call(t, "POST", posting, `{"surprise":1}`)
	for path, want := range map[string]string{
		"/_journal": "ACME-1", "/_salesorders": "ACME-1", "/_contacts": "jo@example.com", "/_items": "LP-15",
		"/_packages": order.Lines[0].ID, "/_shipments": "1Z-TRACK", "/_counters": "POST /salesorders",
		"/_violations": "surprise", "/_salesorders?organization_id=" + b.org.ID(): "ACME-1",
	} {
		status, body := control("GET", path, "")
		if status != 200 || !strings.Contains(body, want) || strings.Contains(body, b.token) {
			t.Errorf("%s answers %d %s", path, status, body)
		}
	}
	for path, body := range map[string]string{
		"/_items":    `{"sku":"N-1","rate":"3.50"}`,
		"/_contacts": `{"contact_name":"New","currency_code":"EUR"}`,
		"/_statuses": `{"item":"LP-15","active":false}`,
		"/_quirks":   `{"quirk":"other_spelling","on":true}`,
		"/_faults":   `{"kind":"html","status":502,"times":1,"method":"GET","endpoint":"/items"}`,
	} {
		if status, text := control("POST", path, body); status != 204 {
			t.Errorf("%s answers %d %s", path, status, text)
		}
	}
	if got := b.call(t, "GET", "/items", ""); got.status != 502 {
		t.Errorf("the fault does not happen: %d", got.status)
	}
	rows := b.call(t, "GET", "/items", "").rows(t, "items")
	if len(rows) != 2 || rows[0]["status"] != "inactive" || rows[1]["sku"] != "N-1" {
		t.Errorf("items are %v", rows)
	}
	b.call(t, "GET", "/salesorders/"+order.ID, "").object(t, "sales_order")
	for _, bad := range [][2]string{
		{"/_faults", `{`},
		{"/_faults", `{"kind":"other"}`},
		{"/_faults", `{"kind":"status","status":99}`},
		{"/_faults", `{"unknown":1}`},
		{"/_faults", `{"kind":"quirky","quirk":"other"}`},
		{"/_faults", `{"kind":"false_success"}`},
		{"/_items", `{}`},
		{"/_contacts", `{}`},
		{"/_statuses", `{"item":"nothing"}`},
		{"/_statuses", `{}`},
		{"/_quirks", `{"quirk":"other"}`},
	} {
		if status, _ := control("POST", bad[0], bad[1]); status != 400 {
			t.Errorf("%s %s answers %d", bad[0], bad[1], status)
		}
	}
	for _, path := range []string{"/_other", "/_salesorders?organization_id=1"} {
		if status, _ := control("GET", path, ""); status != 404 {
			t.Errorf("%s answers %d", path, status)
		}
	}
}

// TestRemoteFaults: every kind can be scripted from outside.
func TestRemoteFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string][2]int{
		`"kind":"status","status":500`: {500, 1000}, `"kind":"status","status":400,"code":4`: {400, 4},
		`"kind":"blocked","seconds":60`: {429, 44}, `"kind":"blocked","code":43`: {429, 43},
		`"kind":"quota","seconds":60`: {429, 45}, `"kind":"in_flight"`: {429, 1070},
		`"kind":"false_success","code":9`: {200, 9}, `"kind":"slow"`: {200, 0}, `"kind":"late"`: {200, 0},
		`"kind":"garbled"`: {200, 0}, `"kind":"wrong_type"`: {200, 0}, `"kind":"not_json"`: {503, 0},
		`"kind":"html"`: {503, 0}, `"kind":"empty","status":504`: {504, 0},
		`"kind":"html","after_store":true`: {503, 0}, `"kind":"quirky","quirk":"filters_ignored"`: {200, 0},
	} {
		b := setup(t)
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/_faults", strings.NewReader("{"+kind+"}")))
		if w.Code != 204 {
			t.Errorf("%s answers %d %s", kind, w.Code, w.Body)
		}
		wantCode(t, b.call(t, "GET", "/items", ""), want[0], want[1])
	}
}

func TestJournalFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place(t, "ACME-1", false)
	b.clock.Advance(time.Second)
	b.call(t, "GET", "/salesorders", "")
	b.refresh(t)
	tests := map[string]struct {
		filter zohotest.Filter
		want   int
	}{
		"method":       {zohotest.ByMethod("POST"), 2},
		"endpoint":     {zohotest.ByEndpoint("/salesorders"), 2},
		"accounts":     {zohotest.ByEndpoint(zohotest.TokenEndpoint), 1},
		"number":       {zohotest.ByNumber("ACME-1"), 1},
		"status":       {zohotest.ByStatus(200), 2},
		"organisation": {zohotest.ByOrganisation(b.org.ID()), 2},
		"writes":       {zohotest.Writes(), 1},
		"time":         {zohotest.Since(noon.Add(time.Second)), 2},
	}
	for name, test := range tests {
		if got := len(b.Journal(test.filter)); got != test.want {
			t.Errorf("%s: %d entries, want %d", name, got, test.want)
		}
	}
	first := b.Journal()[0]
	if first.Token != 1 || first.Client != zohotest.ClientID || !first.Stored || first.RecordID == "" ||
		first.Body["salesorder_number"] != "ACME-1" || string(first.Raw) != b.order("ACME-1", "") {
		t.Errorf("entry is %+v", first)
	}
	b.ForgetJournal()
	if len(b.Journal()) != 0 || len(b.org.Orders()) != 1 {
		t.Error("forgetting the journal does not do just that")
	}
}

// TestOrganisationsApart: nothing of one is seen in another, and ids are not taken for
// each other's.
func TestOrganisationsApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.place(t, "ACME-1", false)
	other := b.Org("60009999999")
	suffix := "?organization_id=" + other.ID()
	wantCode(t, b.call(t, "GET", "/salesorders/"+order.ID+suffix, ""), 404, 1002)
	if rows := b.call(t, "GET", "/items"+suffix, "").rows(t, "items"); len(rows) != 0 {
		t.Errorf("items are %v", rows)
	}
	wantCode(t, b.call(t, "POST", posting+"&organization_id="+other.ID(), b.order("ACME-1", "")), 404, 1002)
	if len(other.Orders()) != 0 || b.Org("").ID() != b.org.ID() {
		t.Error("organisations are mixed up")
	}
}
