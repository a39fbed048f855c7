package app_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// books is a stand-in for Zoho with an organisation for each of some merchants. It
// fails in every way it can until it is told to behave, and watches the order of what
// is written to it (promise P4).
type books struct {
	*zohotest.Server
	*misbehaviour[zohotest.Fault]
	writeOrder
	base string

	watched sync.Mutex
	// violations are what no correct client does, stored the sales orders that are there.
	violations []zohotest.Violation
	stored     map[string]bool
	// tired counts how often all access tokens ended.
	tired int
}

// crashSKUs are what is sold.
var crashSKUs = []string{"SKU-1", "SKU-2", "SKU-3"}

func newBooks(t *testing.T, seed uint64, customers []*customer) *books {
	t.Helper()
	b := &books{
		misbehaviour: newMisbehaviour(seed, "/organizations", booksFaults), stored: map[string]bool{},
	}
	var organisations []zohotest.Organisation
	var clients []zohotest.Client
	for _, c := range customers {
		c.books = b
		organisations = append(organisations, zohotest.Organisation{ID: c.organisation(), PerDay: 10_000_000})
		clients = append(clients, zohotest.Client{
			ID: "client-" + c.organisation(), Secret: zohotest.ClientSecret,
			RefreshTokens: []string{"refresh-" + c.organisation()}, Organisations: []string{c.organisation()},
		})
	}
	var items []zohotest.Item
	for _, sku := range crashSKUs {
		items = append(items, zohotest.Item{SKU: sku, Rate: "1"})
	}
	b.Server = zohotest.New(zohotest.WithOrganisations(organisations...), zohotest.WithClients(clients...),
		zohotest.WithItems(items...), zohotest.WithoutLimits(), zohotest.WithFaults(b.choose),
		zohotest.WithWatcher(b.saw), zohotest.WithWriteWatcher(b.wrote))
	b.base = b.Start(t)
	return b
}

// organisation is the merchant's at Zoho.
func (c *customer) organisation() string { return fmt.Sprintf("7%010d", c.index) }

// connection is that of a merchant, with a governor that keeps out of the way.
func (b *books) connection(c *customer) *apiv1.Connection {
	return zohoConnection(b.base, func(made *apiv1.Connection) {
		made.Settings["organization_id"] = c.organisation()
		made.Settings["client_id"] = "client-" + c.organisation()
		made.Settings["calls_per_minute"] = "10000"
		made.Settings["concurrent_calls"] = "100"
		made.Settings["daily_share"] = "100"
		made.Secrets["refresh_token"] = "refresh-" + c.organisation()
	})
}

// booksFaults are the ways in which Zoho fails. None of them lies: what says that it
// was taken was taken. Blocks are short ones, so the accounts server has none: it does
// not say how long they last, and the account then waits for ten minutes, as it has to.
func booksFaults(random *rand.Rand, endpoint string) []wayToFail[zohotest.Fault] {
	short := time.Duration(random.IntN(300)) * time.Millisecond
	ways := []wayToFail[zohotest.Fault]{
		{"500", 8, zohotest.Status(http.StatusInternalServerError)},
		{"502 page", 8, zohotest.HTML(http.StatusBadGateway)},
		{"503 empty", 4, zohotest.Empty(http.StatusServiceUnavailable)},
		{"504", 8, zohotest.Status(http.StatusGatewayTimeout)},
		{"200 with an error", 6, zohotest.FalseSuccess(1000)},
		{"200, not JSON", 6, zohotest.NotJSON(http.StatusOK)},
		{"reset, not taken", 15, zohotest.Reset()},
		{"reset, taken", 25, zohotest.Reset().AfterStore()},
		{"500, taken", 10, zohotest.Status(http.StatusInternalServerError).AfterStore()},
		{"502 page, taken", 10, zohotest.HTML(http.StatusBadGateway).AfterStore()},
		{"cut short", 15, zohotest.Truncated()},
		{"not JSON, taken", 10, zohotest.Garbled()},
		{"other type, taken", 5, zohotest.WrongType()},
		{"hangs, taken", 1, zohotest.Hang().AfterStore()},
		{"slow answer", 40, zohotest.Slow(short)},
		{"slow", 60, zohotest.Late(short)},
		{"filters ignored", 15, zohotest.Quirky(zohotest.FiltersIgnored)},
		{"other spelling", 15, zohotest.Quirky(zohotest.OtherSpelling)},
		{"array of packages", 15, zohotest.Quirky(zohotest.PackageArray)},
	}
	if endpoint == zohotest.TokenEndpoint {
		return ways
	}
	return append(ways,
		wayToFail[zohotest.Fault]{"44 with Retry-After", 2, zohotest.Blocked(44, time.Second)},
		wayToFail[zohotest.Fault]{"1070", 1, zohotest.TooManyInFlight()},
	)
}

// TestBlocksOfBooksAreShort: no fault of a crash test has an account wait for longer than
// that test should last.
func TestBlocksOfBooksAreShort(t *testing.T) {
	t.Parallel()
	limits := func(endpoint string) (n int) {
		for _, way := range booksFaults(rand.New(rand.NewPCG(1, 1)), endpoint) {
			if status, _ := way.fault.Told(); status == http.StatusTooManyRequests {
				n++
			}
		}
		return n
	}
	if n := limits(zohotest.TokenEndpoint); n > 0 {
		t.Errorf("the accounts server has %d limits without an end", n)
	}
	if n := limits("/salesorders"); n != 2 {
		t.Errorf("the API has %d limits, want 2", n)
	}
}

// tire ends all access tokens at some steps.
func (b *books) tire(step int) {
	if step%3 == 1 {
		b.KillTokens()
		b.tired++
	}
}

// saw is called for each call.
func (b *books) saw(e zohotest.Exchange) {
	b.watched.Lock()
	defer b.watched.Unlock()
	b.violations = append(b.violations, e.Violations...)
}

// versionInNotes is what itemise writes there.
var versionInNotes = regexp.MustCompile(`version ([0-9]+)`)

// wrote is called for each write in the order in which they took effect. None may
// bring an older version of its order or older content of its parcel than the one
// before it, and nothing is shipped of an order before the order is there.
func (b *books) wrote(e zohotest.Exchange) {
	b.wroteSoFar.Add(1)
	switch e.Endpoint {
	case "/salesorders", "/salesorders/{id}":
		b.watched.Lock()
		b.stored[e.Organisation+" "+e.RecordID] = true
		b.watched.Unlock()
		notes, _ := e.Body["notes"].(string)
		found := versionInNotes.FindStringSubmatch(notes)
		if found == nil {
			b.fault("%s: %s was written without a version: %s", e.Organisation, e.Number, e.Raw)
			return
		}
		version, _ := strconv.Atoi(found[1])
		b.grows(e.Organisation+" "+e.Number, "version", version)
	case "/packages", "/shipmentorders", "/shipmentorders/{id}":
		if e.Method == http.MethodDelete {
			return
		}
		b.watched.Lock()
		before := b.stored[e.Organisation+" "+e.Query.Get("salesorder_id")]
		b.watched.Unlock()
		if !before {
			b.fault("%s: %s %s came before its order", e.Organisation, e.Method, e.Path)
		}
		day, _ := e.Body["date"].(string)
		if content, ok := contentOf(day); ok {
			b.grows(e.Organisation+" "+e.Number, e.Endpoint, content)
		}
	}
}

// checkUsage looks for what no correct client does.
func (b *books) checkUsage(t *testing.T) {
	t.Helper()
	for _, v := range b.violations {
		t.Errorf("Zoho was used in a wrong way: %+v", v)
	}
}

// removeByHand takes something back at Zoho, as the merchant does on its page.
func (w *crashWorld) removeByHand(c *customer, kind, id string) {
	w.t.Helper()
	address := c.books.base + zohotest.Root + "/" + kind + "/" + id + "?organization_id=" + c.organisation()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodDelete, address, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	token := c.books.IssueToken("client-"+c.organisation(), "refresh-"+c.organisation())
	request.Header.Set("Authorization", "Zoho-oauthtoken "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.t.Errorf("delete %s %s by hand: %s", kind, id, answer.Status)
	}
}
