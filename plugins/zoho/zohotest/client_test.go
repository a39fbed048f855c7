package zohotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// noon is when the tests' clock starts.
var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// fakeClock is a clock that only moves when told.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *fakeClock { return &fakeClock{now: noon} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// answer is what the stand-in said.
type answer struct {
	status int
	header http.Header
	code   int
	text   string
	raw    string
	whole  map[string]any
}

// bundle is a stand-in with a token, an item and a customer.
type bundle struct {
	*zohotest.Server
	clock    *fakeClock
	org      zohotest.Org
	token    string
	item     zohotest.Item
	customer zohotest.Contact
}

func setup(t *testing.T, options ...zohotest.Option) *bundle {
	t.Helper()
	clock := newClock()
	all := append([]zohotest.Option{zohotest.WithClock(clock.Now)}, options...)
	b := &bundle{clock: clock, Server: zohotest.New(all...)}
	b.org = b.Org("")
	b.token = b.IssueToken(zohotest.ClientID, zohotest.RefreshToken)
	b.item = b.org.AddItem(zohotest.Item{SKU: "LP-15", Name: "Laptop 15in", Rate: "122", Unit: "pcs"})
	b.customer = b.org.AddContact(zohotest.Contact{
		Name: "Jo Doe", Persons: []zohotest.Person{{FirstName: "Jo", Email: "jo@example.com", Primary: true}},
	})
	return b
}

// call sends one request with the token straight into the handler. A path without
// organization_id gets it.
func (b *bundle) call(t *testing.T, method, path, body string, header ...string) answer {
	t.Helper()
	if !strings.Contains(path, "organization_id=") {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "organization_id=" + b.org.ID()
	}
	r := httptest.NewRequestWithContext(t.Context(), method, zohotest.Root+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Zoho-oauthtoken "+b.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return send(t, b, r)
}

func send(t *testing.T, stand http.Handler, r *http.Request) answer {
	t.Helper()
	w := httptest.NewRecorder()
	stand.ServeHTTP(w, r)
	a := answer{status: w.Code, header: w.Header(), raw: w.Body.String(), whole: map[string]any{}}
	d := json.NewDecoder(strings.NewReader(a.raw))
	d.UseNumber()
	if err := d.Decode(&a.whole); err != nil {
		return a
	}
	if code, ok := a.whole["code"].(json.Number); ok {
		n, _ := code.Int64()
		a.code = int(n)
	}
	a.text, _ = a.whole["message"].(string)
	return a
}

// refresh asks the accounts server for a token.
func (b *bundle) refresh(t *testing.T, changes ...string) answer {
	t.Helper()
	form := url.Values{
		"grant_type": {"refresh_token"}, "client_id": {zohotest.ClientID},
		"client_secret": {zohotest.ClientSecret}, "refresh_token": {zohotest.RefreshToken},
	}
	for i := 0; i+1 < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, zohotest.TokenEndpoint,
		strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(t, b, r)
}

func (a answer) object(t *testing.T, key string) map[string]any {
	t.Helper()
	o, ok := a.whole[key].(map[string]any)
	if !ok {
		t.Fatalf("answer %d %s has no object %q", a.status, a.raw, key)
	}
	return o
}

func (a answer) rows(t *testing.T, key string) []map[string]any {
	t.Helper()
	list, ok := a.whole[key].([]any)
	if !ok {
		t.Fatalf("answer %d %s has no list %q", a.status, a.raw, key)
	}
	rows := make([]map[string]any, 0, len(list))
	for _, v := range list {
		rows = append(rows, v.(map[string]any))
	}
	return rows
}

func wantCode(t *testing.T, got answer, status, code int) {
	t.Helper()
	if got.status != status || got.code != code {
		t.Errorf("answer is %d/%d %s, want %d/%d", got.status, got.code, got.raw, status, code)
	}
}

const (
	posting  = "/salesorders?ignore_auto_number_generation=true"
	someDate = "2026-11-22"
)

// order is a body with the given number and more members, as JSON.
func (b *bundle) order(number string, more string) string {
	return fmt.Sprintf(`{"customer_id":%q,"salesorder_number":%q,"date":%q,"line_items":[{"item_id":%q,"quantity":2}]%s}`,
		b.customer.ID, number, someDate, b.item.ID, more)
}

// place creates a sales order and confirms it if asked.
func (b *bundle) place(t *testing.T, number string, confirmed bool) zohotest.Order {
	t.Helper()
	wantCode(t, b.call(t, "POST", posting, b.order(number, "")), 201, 0)
	order, ok := b.org.Order(number)
	if !ok {
		t.Fatalf("order %q is not there", number)
	}
	if confirmed {
		wantCode(t, b.call(t, "POST", "/salesorders/"+order.ID+"/status/confirmed", ""), 200, 0)
		order, _ = b.org.Order(number)
	}
	return order
}

// pack makes a package of a quantity of the order's first line and returns its id.
func (b *bundle) pack(t *testing.T, order zohotest.Order, quantity string) string {
	t.Helper()
	got := b.call(t, "POST", "/packages?salesorder_id="+order.ID, packing(order, quantity))
	wantCode(t, got, 201, 0)
	made, _ := got.object(t, "package")["package_id"].(string)
	return made
}

func packing(order zohotest.Order, quantity string) string {
	return fmt.Sprintf(`{"date":%q,"line_items":[{"so_line_item_id":%q,"quantity":%s}]}`,
		someDate, order.Lines[0].ID, quantity)
}

// ship makes a shipment order of packages and returns its id.
func (b *bundle) ship(t *testing.T, order zohotest.Order, packages, tracking string) string {
	t.Helper()
	got := b.call(t, "POST", "/shipmentorders?salesorder_id="+order.ID+"&package_ids="+packages, shipping(tracking))
	wantCode(t, got, 201, 0)
	made, _ := got.object(t, "shipmentorder")["shipment_id"].(string)
	return made
}

func shipping(tracking string) string {
	return fmt.Sprintf(`{"date":%q,"delivery_method":"UPS","tracking_number":%q}`, someDate, tracking)
}

// wantClean fails for every violation.
func (b *bundle) wantClean(t *testing.T) {
	t.Helper()
	for _, v := range b.Violations() {
		t.Errorf("violation: %+v", v)
	}
}
