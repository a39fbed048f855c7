package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// crashWorld is a server that is killed again and again, its plugin, the stand-ins
// it forwards to and the callers that submit to it. Its methods belong to the
// goroutine of the test, but for those of callers.
type crashWorld struct {
	t       *testing.T
	sizes   crashSizes
	random  *rand.Rand
	launch  launch
	remotes []*remote
	// books are the stand-ins for Zoho, if there are any.
	books []*books
	all   []*customer

	// running is the server now, replaced is closed when it is another one.
	mu       sync.Mutex
	running  *process
	replaced chan struct{}

	// tickets let callers submit a message each; answered counts those that were
	// answered OK.
	tickets  chan struct{}
	answered chan struct{}
	released int
	acked    int
	// flown are the writes out there that earlier steps waited for.
	flown int64

	repeated, refused, confirmed, stale atomic.Int64

	kills struct{ server, terminated, plugin, revoked, resumed int }
	// voidsByHand counts the orders that an operator had void at Zoho.
	voidsByHand int
}

// current returns the server now and what is closed when another takes its place.
func (w *crashWorld) current() (*process, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running, w.replaced
}

// restart starts a server on the same folder.
func (w *crashWorld) restart() {
	w.t.Helper()
	p := w.launch.start(w.t)
	w.mu.Lock()
	old, replaced := w.running, w.replaced
	w.running, w.replaced = p, make(chan struct{})
	w.mu.Unlock()
	if old != nil {
		close(replaced)
		_ = old.conn.Close()
	}
}

// connect makes the merchants with their connections and what somebody else made at
// AfterShip before.
func (w *crashWorld) connect() {
	w.t.Helper()
	for _, name := range w.sizes.plugins {
		w.running.readyPluginNamed(name)
	}
	for _, c := range w.all {
		c.name = w.running.merchant(fmt.Sprintf("m-%d", c.index))
		if c.books != nil {
			w.running.connectZoho(c.name, c.books.connection(c))
		}
		for id, organisation := range c.connections {
			settings := map[string]string{"base_url": c.remote.base}
			if c.mapsSlugs {
				settings["courier_slugs"] = "UPS=ups,DHL=dhl"
			}
			_, err := w.running.connections.CreateConnection(w.t.Context(), &apiv1.CreateConnectionRequest{
				Parent: c.name, ConnectionId: id, Connection: &apiv1.Connection{
					Plugin: "aftership", Settings: settings, Secrets: map[string]string{"api_key": organisation},
				},
			})
			if err != nil {
				w.t.Fatal(err)
			}
			if c.index%4 != 0 {
				continue
			}
			if _, err := c.remote.Seed(aftershiptest.V202607, organisation, map[string]any{
				"tracking_number": c.number(0), "order_id": "by hand",
			}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// release lets callers submit so many messages more.
func (w *crashWorld) release(messages int) {
	w.released += messages
	for range messages {
		w.tickets <- struct{}{}
	}
}

// await waits until so many messages were answered OK in all.
func (w *crashWorld) await(ctx context.Context, messages int) error {
	for ; w.acked < messages; w.acked++ {
		select {
		case <-w.answered:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// flow waits until so many writes more took effect out there, or until nothing is
// left to be sent.
func (w *crashWorld) flow(ctx context.Context, writes int64) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	before := w.writes()
	for quiet := 1; ; quiet++ {
		now := w.writes()
		if now >= w.flown+writes {
			w.flown = now
			return nil
		}
		if now > before {
			before, quiet = now, 0
		}
		if quiet%20 == 19 && w.open(ctx) == 0 {
			w.flown = now
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (w *crashWorld) writes() (n int64) {
	for _, r := range w.remotes {
		n += r.wroteSoFar.Load()
	}
	for _, b := range w.books {
		n += b.wroteSoFar.Load()
	}
	return n
}

// open counts the deliveries that are open.
func (w *crashWorld) open(ctx context.Context) (n int64) {
	for _, c := range w.all {
		for _, id := range c.connectionIDs() {
			answer, err := w.running.connections.GetConnection(ctx, &apiv1.GetConnectionRequest{
				Name: c.name + "/connections/" + id,
			})
			if err != nil {
				w.t.Errorf("%s: %v", c.name, err)
			}
			n += answer.GetConnection().GetOpenDeliveries()
		}
	}
	return n
}

// call submits a message until it is answered OK, as callers have to.
func (w *crashWorld) call(ctx context.Context, m message) (proto.Message, error) {
	for {
		p, replaced := w.current()
		answer, err := m.submit(ctx, p)
		switch status.Code(err) {
		case codes.OK:
			return answer, nil
		case codes.ResourceExhausted:
			w.refused.Add(1)
			if err := waitAsTold(ctx, err); err != nil {
				return nil, err
			}
		case codes.Unavailable, codes.Canceled:
			// It may have been accepted or not.
			w.repeated.Add(1)
			select {
			case <-replaced:
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		default:
			return nil, err
		}
	}
}

func (m message) submit(ctx context.Context, p *process) (proto.Message, error) {
	if m.order != nil {
		return p.intake.SubmitOrder(ctx, m.order)
	}
	return p.intake.SubmitTracking(ctx, m.tracking)
}

// waitAsTold waits for as long as the answer asks to.
func waitAsTold(ctx context.Context, refused error) error {
	for _, detail := range status.Convert(refused).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			timer := time.NewTimer(info.GetRetryDelay().AsDuration())
			defer timer.Stop()
			select {
			case <-timer.C:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return fmt.Errorf("refused without RetryInfo: %w", refused)
}

// submit is one caller: it submits for its merchants as long as there are tickets.
func (w *crashWorld) submit(ctx context.Context, random *rand.Rand, mine []*customer) error {
	c := mine[0]
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-w.tickets:
			if !open {
				return w.finish(ctx, mine)
			}
		}
		if random.IntN(2) == 0 {
			c = mine[random.IntN(len(mine))]
		}
		if err := w.one(ctx, random, c); err != nil {
			return err
		}
		w.answered <- struct{}{}
	}
}

// finish submits what has to follow what was submitted.
func (w *crashWorld) finish(ctx context.Context, mine []*customer) error {
	for _, c := range mine {
		for len(c.following) > 0 {
			if err := w.fresh(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// one submits one message of a merchant and notes the answer. Some were answered
// before, and must be answered the same again; some are older than what is known.
func (w *crashWorld) one(ctx context.Context, random *rand.Rand, c *customer) error {
	switch drawn := random.IntN(100); {
	case drawn < 4 && len(c.answered) > 0:
		before := c.answered[random.IntN(len(c.answered))]
		answer, err := w.call(ctx, before.message)
		if err != nil {
			return err
		}
		w.confirmed.Add(1)
		if !proto.Equal(answer, before.answer) {
			return fmt.Errorf("%s: %s was answered %v, and %v when it was repeated",
				c.name, before.message.requestID(), before.answer, answer)
		}
		return nil
	case drawn < 6:
		m, ok := c.stale()
		if !ok {
			break
		}
		answer, err := w.call(ctx, m)
		if err != nil {
			return err
		}
		w.stale.Add(1)
		if got := answer.(*apiv1.SubmitOrderResponse).GetResult(); got != apiv1.SubmitResult_SUBMIT_RESULT_STALE {
			return fmt.Errorf("%s: an older version was answered %s", c.name, got)
		}
		return nil
	}
	return w.fresh(ctx, c)
}

// fresh submits what comes next and notes the answer.
func (w *crashWorld) fresh(ctx context.Context, c *customer) error {
	m := c.next()
	answer, err := w.call(ctx, m)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	return c.keep(m, answer)
}

// killServer kills the server, or asks it to end, and starts it again at once.
func (w *crashWorld) killServer() {
	w.t.Helper()
	w.trace("kill server")
	defer w.trace("server is back")
	if w.random.IntN(10) == 0 {
		w.kills.terminated++
		w.running.stop()
	} else {
		w.kills.server++
		w.running.end()
	}
	w.restart()
}

// killPlugin kills a plugin's process.
func (w *crashWorld) killPlugin(name string) {
	w.t.Helper()
	w.trace("kill plugin " + name)
	w.running.await("a plugin to kill", func() error {
		return killPlugin(w.launch.dir, int(w.running.readyPluginNamed(name).GetPid()))
	})
	w.kills.plugin++
}

// logFile is where the servers log.
func (w *crashWorld) logFile() string { return filepath.Join(filepath.Dir(w.launch.dir), "log") }

// trace notes in the log where the test is.
func (w *crashWorld) trace(what string) {
	_, _ = fmt.Fprintf(w.launch.log, "%s test: %s, %d of %d answered\n",
		time.Now().Format(time.RFC3339Nano), what, w.acked, w.released)
}
