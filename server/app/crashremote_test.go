package app_test

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// firstShipDay is the ship date of a parcel's first content; each later one is a
// day later, so that a write tells which content it brings.
var firstShipDay = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func shipDay(content int) string { return firstShipDay.AddDate(0, 0, content).Format(time.DateOnly) }

// contentOf is the inverse of shipDay.
func contentOf(day string) (int, bool) {
	at, err := time.Parse(time.DateOnly, day)
	return int(at.Sub(firstShipDay).Hours() / 24), err == nil
}

// cart names the order source of an order's facts of that number, 0 for those that
// a shipment brings along. Like the ship date it only ever grows.
func cart(facts int) string { return "cart-" + strconv.Itoa(facts) }

func factsOf(source string) (int, bool) {
	facts, err := strconv.Atoi(strings.TrimPrefix(source, "cart-"))
	return facts, err == nil
}

// remote is a stand-in for AfterShip that fails in every way it can until it is
// told to behave, and watches the order of what is written to it (promise P4).
type remote struct {
	*aftershiptest.Server
	*misbehaviour[aftershiptest.Fault]
	writeOrder
	base string

	// kept is what is there in the end, by organisation.
	kept map[string][]aftershiptest.Tracking
}

func newRemote(t *testing.T, seed uint64, keys []aftershiptest.Key, limited bool) *remote {
	t.Helper()
	r := &remote{misbehaviour: newMisbehaviour(seed, "/couriers", remoteFaults)}
	options := []aftershiptest.Option{
		aftershiptest.WithKeys(keys...), aftershiptest.WithFaults(r.choose), aftershiptest.WithWriteWatcher(r.wrote),
	}
	if !limited {
		options = append(options, aftershiptest.WithoutRateLimits())
	}
	r.Server = aftershiptest.New(options...)
	r.base = r.Start(t)
	return r
}

// remoteFaults are the ways in which AfterShip fails. None of them lies: what says
// that it was taken was taken.
func remoteFaults(random *rand.Rand, _ string) []wayToFail[aftershiptest.Fault] {
	short := time.Duration(random.IntN(300)) * time.Millisecond
	return []wayToFail[aftershiptest.Fault]{
		{"429", 2, aftershiptest.Limited(time.Second, 0)},
		{"429 with Retry-After", 2, aftershiptest.Limited(0, time.Second)},
		{"500", 8, aftershiptest.Status(http.StatusInternalServerError)},
		{"502 page", 8, aftershiptest.HTML(http.StatusBadGateway)},
		{"503 empty", 8, aftershiptest.Empty(http.StatusServiceUnavailable)},
		{"504", 8, aftershiptest.Status(http.StatusGatewayTimeout)},
		{"408", 4, aftershiptest.Status(http.StatusRequestTimeout)},
		{"409", 4, aftershiptest.Status(http.StatusConflict)},
		{"reset, not taken", 15, aftershiptest.Reset()},
		{"reset, taken", 25, aftershiptest.Reset().AfterStore()},
		{"500, taken", 10, aftershiptest.Status(http.StatusInternalServerError).AfterStore()},
		{"504 page, taken", 10, aftershiptest.HTML(http.StatusGatewayTimeout).AfterStore()},
		{"cut short", 15, aftershiptest.Truncated()},
		{"not JSON, taken", 10, aftershiptest.Garbled()},
		{"hangs, taken", 1, aftershiptest.Hang().AfterStore()},
		{"slow answer", 40, aftershiptest.Slow(short)},
		{"slow", 80, aftershiptest.Late(short)},
	}
}

// wrote is called for each write in the order in which they took effect. None may
// bring older content, or older facts of its order, than the one before it.
func (r *remote) wrote(e aftershiptest.Exchange) {
	r.wroteSoFar.Add(1)
	organisation := e.Header.Get("as-api-key")
	organisation, _, _ = strings.Cut(organisation, "/")
	number := organisation + " " + e.Number
	if e.Method == http.MethodDelete {
		return
	}
	day, _ := e.Body["tracking_ship_date"].(string)
	if content, ok := contentOf(day); ok {
		r.grows(number, "content", content)
	}
	order, _ := e.Body["order_id"].(string)
	custom, _ := e.Body["custom_fields"].(map[string]any)
	source, _ := custom["order_source"].(string)
	if facts, ok := factsOf(source); ok {
		r.grows(number+" of "+order, "facts", facts)
	}
}
