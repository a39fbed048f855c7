package app_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

// crashPatience bounds the wait until all is delivered. It is no promise of speed.
const crashPatience = 15 * time.Minute

// settle has AfterShip behave and waits until no delivery is open. It returns when
// that was.
func (w *crashWorld) settle() time.Time {
	w.t.Helper()
	w.trace("settle")
	for _, r := range w.remotes {
		r.behave()
		r.Release()
	}
	for _, b := range w.books {
		b.behave()
		b.Release()
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), crashPatience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for _, c := range w.all {
		for _, id := range c.connectionIDs() {
			w.drain(c, id, tick.C, ctx.Done())
		}
	}
	w.trace("settled")
	return time.Now()
}

// check holds the ledger of the callers against the API, AfterShip and the store,
// and looks for what is left over when the server has ended.
func (w *crashWorld) check() {
	w.t.Helper()
	for _, c := range w.all {
		w.checkDeliveries(c)
		w.checkRemote(c)
		w.checkBooks(c)
	}
	for _, r := range w.remotes {
		w.checkWriteOrder(&r.writeOrder)
	}
	for _, b := range w.books {
		w.checkWriteOrder(&b.writeOrder)
		b.checkUsage(w.t)
	}
	w.healed()
	w.trace("check is over")
	w.running.stop()
	w.checkStore()
	w.checkLeftovers()
}

func (w *crashWorld) checkWriteOrder(of *writeOrder) {
	w.t.Helper()
	for _, fault := range of.faults {
		w.t.Errorf("promise P4: %s", fault)
	}
}

// deliveriesOf lists all deliveries of a merchant, the last made first.
func (w *crashWorld) deliveriesOf(c *customer) []*apiv1.Delivery {
	w.t.Helper()
	var all []*apiv1.Delivery
	request := &apiv1.ListDeliveriesRequest{Parent: c.name, PageSize: 1000}
	for {
		answer, err := w.running.deliveries.ListDeliveries(w.t.Context(), request)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, answer.GetDeliveries()...)
		if request.PageToken = answer.GetNextPageToken(); request.PageToken == "" {
			return all
		}
	}
}

// checkDeliveries checks that each delivery that a caller was told of is kept, that
// each revision of a record made one for each connection, and that the last one of
// each record ended as it has to.
func (w *crashWorld) checkDeliveries(c *customer) {
	w.t.Helper()
	listed := map[string]bool{}
	last := map[string]*apiv1.Delivery{}
	revisions := map[string]int{}
	for _, d := range w.deliveriesOf(c) {
		listed[d.GetName()] = true
		c.states[stateOf(d)]++
		c.counted[d.GetConnection()+" "+stateOf(d)]++
		c.sends += int(d.GetSends())
		c.outcomes[d.GetLastAttempt().GetOutcome().String()]++
		key := d.GetConnection() + " " + d.GetTrackingNumber()
		revisions[key]++
		if last[key].GetRevision() < d.GetRevision() {
			last[key] = d
		}
	}
	for name := range c.told {
		if !listed[name] {
			w.t.Errorf("promise P1: the answer named %s, which is not there", name)
		}
	}
	for _, p := range c.parcels {
		for _, id := range c.connectionIDs() {
			key := c.name + "/connections/" + id + " " + p.number
			d := last[key]
			switch {
			case d == nil:
				w.t.Errorf("promise P2: %s has no delivery", key)
			case d.GetRevision() < p.revision || c.missed(revisions[key], d):
				w.t.Errorf("promise P2: %s was acknowledged in revision %d, its last delivery of %d is of %d",
					key, p.revision, revisions[key], d.GetRevision())
			case id == "zoho" && !p.endsInBooks(stateOf(d)), id != "zoho" && !p.endsIn(stateOf(d)):
				w.t.Errorf("promise P3: %s ended %s (%s: %s)", key, stateOf(d), d.GetReason(), d.GetHint())
			}
		}
	}
	if len(c.parcels) > 0 {
		w.checkExplained(c, c.parcels[len(c.parcels)/2], last)
	}
}

// missed says that fewer deliveries of a record were made than there should be. A
// revision that an order makes by its facts is only of the connection that joins these.
func (c *customer) missed(made int, last *apiv1.Delivery) bool {
	if c.books != nil {
		return made > int(last.GetRevision())
	}
	return made != int(last.GetRevision())
}

// checkExplained asks for the story of a parcel, which must end with these
// deliveries (promise P10).
func (w *crashWorld) checkExplained(c *customer, p *sentParcel, last map[string]*apiv1.Delivery) {
	w.t.Helper()
	answer, err := w.running.orders.Explain(w.t.Context(), &apiv1.ExplainRequest{
		Parent: c.name, Subject: &apiv1.ExplainRequest_TrackingNumber{TrackingNumber: p.number},
	})
	if err != nil {
		w.t.Errorf("promise P10: %s %s: %v", c.name, p.number, err)
		return
	}
	told := map[string]bool{}
	for _, story := range answer.GetStories() {
		for _, record := range story.GetRecords() {
			for _, at := range record.GetConnections() {
				if at.GetDelivery().GetTrackingNumber() != p.number {
					continue
				}
				told[at.GetDelivery().GetName()] = true
				if story.GetOrderId() != p.order.id || at.GetSummary() == "" {
					w.t.Errorf("promise P10: %s %s: the story is %v", c.name, p.number, story)
				}
			}
		}
	}
	for _, id := range c.connectionIDs() {
		if d := last[c.name+"/connections/"+id+" "+p.number]; !told[d.GetName()] {
			w.t.Errorf("promise P10: %s is in no story of %s", d.GetName(), p.number)
		}
	}
}

// stateOf is where a delivery is; one that met its record at AfterShip is PRESENT.
func stateOf(d *apiv1.Delivery) string {
	delivered := d.GetState() == apiv1.DeliveryState_DELIVERY_STATE_DELIVERED
	if delivered && d.GetLastAttempt().GetOutcome() == apiv1.AttemptOutcome_ATTEMPT_OUTCOME_ALREADY_PRESENT {
		return "PRESENT"
	}
	return strings.TrimPrefix(d.GetState().String(), "DELIVERY_STATE_")
}

// endsIn says whether the last delivery of the parcel may end so.
func (p *sentParcel) endsIn(state string) bool {
	switch {
	case p.voided && (p.foreign || p.unusable):
		return state == "SKIPPED"
	case p.voided: // Withdrawn, or found to be gone.
		return state == "SKIPPED" || state == "DELIVERED"
	case p.foreign:
		return state == "PRESENT"
	case p.unusable:
		return state == "FAILED"
	}
	return state == "DELIVERED"
}

// checkRemote checks that AfterShip has each number once, with the facts of its
// last revision, and nothing else (promise P3).
func (w *crashWorld) checkRemote(c *customer) {
	w.t.Helper()
	for _, organisation := range c.connections {
		there := map[string][]aftershiptest.Tracking{}
		for _, tracking := range c.remote.of(organisation) {
			there[tracking.Number] = append(there[tracking.Number], tracking)
		}
		for _, p := range c.parcels {
			found, want := there[p.number], c.want(p)
			delete(there, p.number)
			switch {
			case want == nil && len(found) == 0:
				continue
			case want == nil || len(found) != 1:
				w.t.Errorf("promise P3: %s %s is there %d times, voided: %v", organisation, p.number, len(found), p.voided)
				continue
			}
			for field, value := range want {
				if got := factOf(found[0], field); got != fmt.Sprint(value) {
					w.t.Errorf("promise P3: %s %s: %s is %s, want %v", organisation, p.number, field, got, value)
				}
			}
		}
		for number := range there {
			w.t.Errorf("promise P3: %s %s is there and was never submitted", organisation, number)
		}
	}
}

func factOf(tracking aftershiptest.Tracking, field string) string {
	if field == "slug" {
		return tracking.Slug
	}
	if custom, ok := strings.CutPrefix(field, "custom_fields."); ok {
		return tracking.CustomField(custom)
	}
	return fmt.Sprint(tracking.Fact(aftershiptest.V202607, field))
}

// checkStore opens the store, whose lock must be free, and compares its sums with
// the deliveries that were listed (promise P2).
func (w *crashWorld) checkStore() {
	w.t.Helper()
	kept, err := sqlite.Open(w.t.Context(), sqlite.Options{Path: filepath.Join(w.launch.dir, "spurline.db")})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	for _, c := range w.all {
		merchant, err := kept.MerchantByID(w.t.Context(), strings.TrimPrefix(c.name, "merchants/"))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, id := range c.connectionIDs() {
			connection, err := kept.ConnectionByID(w.t.Context(), merchant.Key, id)
			if err != nil {
				w.t.Fatal(err)
			}
			totals, err := kept.ConnectionTotals(w.t.Context(), connection.Key)
			if err != nil {
				w.t.Fatal(err)
			}
			count := func(state string) int64 { return c.counted[c.name+"/connections/"+id+" "+state] }
			want := store.Totals{
				Delivered: count("DELIVERED"), Present: count("PRESENT"), Skipped: count("SKIPPED"), Failed: count("FAILED"),
				Superseded: count("SUPERSEDED"), Cancelled: count("CANCELLED"),
			}
			want.Delivered += want.Present
			want.Made = want.Delivered + want.Skipped + want.Failed + want.Superseded + want.Cancelled
			if totals != want {
				w.t.Errorf("promise P2: %s/%s: the sums are %+v, its deliveries are %+v", c.name, id, totals, want)
			}
		}
	}
}

// checkLeftovers looks for processes and files that outlived the server, and for
// what the race detector said.
func (w *crashWorld) checkLeftovers() {
	w.t.Helper()
	processes, err := processesOf(w.launch.dir, w.launch.temporary)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, left := range processes {
		w.t.Errorf("promise P7: a process is left: %s", left)
	}
	entries, err := os.ReadDir(w.launch.temporary)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(entries) > 0 {
		w.t.Errorf("%d folders are left in TMPDIR, such as %s", len(entries), entries[0].Name())
	}
	log, err := os.ReadFile(w.logFile())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, sign := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if at := bytes.Index(log, []byte(sign)); at >= 0 {
			w.t.Errorf("the log says:\n%s", log[at:min(at+4000, len(log))])
		}
	}
}
