package zoho

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// leapClock is a clock whose waiters do not wait: time leaps to where they want to be.
type leapClock struct {
	mu  sync.Mutex
	now time.Time
}

// Now implements sdk.Clock.
func (c *leapClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Wait implements sdk.Clock.
func (c *leapClock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := c.now.Add(d); until.After(c.now) {
		c.now = until
	}
	return ctx.Err()
}

// governed is the plugin with several connections to one organisation that limits and
// blocks as Zoho does.
type governed struct {
	*plugintest.Host
	clock       *leapClock
	stand       *zohotest.Server
	connections []*pluginv1.Connection
}

func newGoverned(t *testing.T, connections int, organisation zohotest.Organisation) *governed {
	t.Helper()
	g := &governed{clock: &leapClock{now: benchTime}}
	g.stand = zohotest.New(zohotest.WithClock(g.clock.Now), zohotest.WithOrganisations(organisation),
		zohotest.WithItems(zohotest.Item{SKU: "LP-15"}))
	base := g.stand.Start(t)
	p := plugin(inventory.DataCentres())
	p.Clock = g.clock
	g.Host = plugintest.New(t, p)
	for i := range connections {
		g.connections = append(g.connections, &pluginv1.Connection{
			Uid: fmt.Sprintf("connection-%d", i), Generation: 1, MerchantId: "merchant-1",
			Settings: map[string]string{
				"data_center": "us", "organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID,
				"api_base_url": base, "order_number_prefix": fmt.Sprintf("C%d-", i), "confirm_orders": "true",
				"create_customers": "true",
			},
			Secrets: map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken},
		})
	}
	return g
}

// copyAll sends orders over all connections until each arrived, waiting as told, and
// returns how often the whole organisation was told to wait.
func (g *governed) copyAll(t *testing.T, orders int) (throttled int) {
	t.Helper()
	b := &bench{}
	var open []*pluginv1.OrderDelivery
	for i := range orders {
		o := jo()
		o.OrderId = fmt.Sprintf("%06d", i)
		h := b.header(o.GetOrderId(), nil)
		h.ConnectionUid = g.connections[i%len(g.connections)].GetUid()
		open = append(open, &pluginv1.OrderDelivery{Header: h, Order: o})
	}
	const batch = 10
	for len(open) > 0 {
		results, err := g.CallOrders(t.Context(), g.connections, open[:min(batch, len(open))])
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]*pluginv1.DeliveryResult{}
		var wait time.Duration
		for _, r := range results {
			by[r.GetDeliveryId()] = r
			if r.GetOutcome() == isThrottled {
				throttled++
				wait = max(wait, r.GetDelay().AsDuration())
			} else if r.GetOutcome() != isDelivered {
				want(t, r, isDelivered, "")
			}
		}
		left := open[min(batch, len(open)):]
		for _, d := range open[:min(batch, len(open))] {
			r := by[d.GetHeader().GetDeliveryId()]
			if r.GetOutcome() == isDelivered {
				continue
			}
			if r.GetState() != nil {
				d.Header.State = r.GetState()
			}
			left = append(left, proto.CloneOf(d))
		}
		open = left
		if err := g.clock.Wait(t.Context(), wait); err != nil {
			t.Fatal(err)
		}
	}
	return throttled
}

// TestGovernor: whatever several connections of an organisation have to do, it is never
// called more than 100 times in a minute, never by more than four at once, and so never
// blocked (section 8).
func TestGovernor(t *testing.T) {
	t.Parallel()
	g := newGoverned(t, 3, zohotest.Organisation{})
	g.copyAll(t, 120)
	c := g.stand.Counters(zohotest.OrganisationID)
	if c.MostInMinute > 100 || c.MostInFlight > 4 || c.Refused > 0 {
		t.Errorf("%d calls in a minute, %d at once, %d refused", c.MostInMinute, c.MostInFlight, c.Refused)
	}
	if c.MostInMinute < 60 {
		t.Errorf("only %d calls in the busiest minute: the governor holds too much back", c.MostInMinute)
	}
	if tokens := len(g.stand.Journal(zohotest.ByEndpoint(zohotest.TokenEndpoint))); tokens != 1 {
		t.Errorf("%d tokens were asked for, want 1", tokens)
	}
}

// TestDailyShare: a part of the calls of a day is left for people; the rest of the
// orders arrives on the next day (section 8).
func TestDailyShare(t *testing.T) {
	t.Parallel()
	g := newGoverned(t, 2, zohotest.Organisation{PerDay: 100})
	throttled := g.copyAll(t, 60)
	c := g.stand.Counters(zohotest.OrganisationID)
	if c.Refused > 0 || throttled == 0 {
		t.Errorf("%d calls refused, %d orders told to wait", c.Refused, throttled)
	}
	day := benchTime.Format(time.DateOnly)
	today := 0
	for _, e := range g.stand.Journal(zohotest.ByOrganisation(zohotest.OrganisationID)) {
		if e.Time.Format(time.DateOnly) == day {
			today++
		}
	}
	// Calls that were under way when the share was used up come to their ends.
	if today < 90 || today > 90+4 {
		t.Errorf("%d calls on the first day, want 90", today)
	}
}

// TestTokensAreFew: a connection without a scope asks for a token a few times, not with
// every record (section 1.3).
func TestTokensAreFew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.stand.SetClient(zohotest.Client{
		ID: zohotest.ClientID, Secret: zohotest.ClientSecret, RefreshTokens: []string{zohotest.RefreshToken},
		Scopes: []string{"ZohoInventory.items.READ"},
	})
	for i := range 60 {
		o := jo()
		o.OrderId = fmt.Sprint(i)
		r := b.copyOrder(o, nil)
		if r.GetOutcome() != isUnauthorized && r.GetOutcome() != isThrottled {
			want(t, r, isUnauthorized, "")
		}
		b.clock.Advance(10 * time.Second)
	}
	recent := b.stand.Journal(zohotest.ByEndpoint(zohotest.TokenEndpoint))
	if len(recent) > mostTokens {
		t.Errorf("%d tokens in ten minutes, Zoho gives 10", len(recent))
	}
}

// TestTokenIsShared: another process, of a restart or of a replica, goes on with the
// token that the connection's state brings (section 1.3).
func TestTokenIsShared(t *testing.T) {
	t.Parallel()
	g := newGoverned(t, 1, zohotest.Organisation{})
	b := &bench{}
	copyOne := func(id string) *pluginv1.DeliveryResult {
		o := jo()
		o.OrderId = id
		h := b.header(id, nil)
		h.ConnectionUid = g.connections[0].GetUid()
		results, err := g.CallOrders(t.Context(), g.connections, []*pluginv1.OrderDelivery{{Header: h, Order: o}})
		if err != nil || len(results) != 1 {
			t.Fatalf("%v, %v", results, err)
		}
		want(t, results[0], isDelivered, "")
		return results[0]
	}
	first := copyOne("S-1")
	if len(first.GetConnectionState()) == 0 {
		t.Fatal("the token is not in the state of the connection")
	}
	p := plugin(inventory.DataCentres())
	p.Clock = g.clock
	g.Host = plugintest.New(t, p)
	g.connections[0].State = first.GetConnectionState()
	copyOne("S-2")
	if tokens := len(g.stand.Journal(zohotest.ByEndpoint(zohotest.TokenEndpoint))); tokens != 1 {
		t.Errorf("%d tokens were asked for, want 1", tokens)
	}
}
