package app_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// of returns what an organisation has at the stand-in.
func (r *remote) of(organisation string) []aftershiptest.Tracking {
	if r.kept == nil {
		r.kept = map[string][]aftershiptest.Tracking{}
		for _, tracking := range r.Trackings() {
			r.kept[tracking.Organisation] = append(r.kept[tracking.Organisation], tracking)
		}
	}
	return r.kept[organisation]
}

// report tells what the run did, and which requests were repeated.
func (w *crashWorld) report(start, drained time.Time) {
	w.t.Helper()
	requests, faults := map[string]int{}, map[string]int{}
	states, outcomes := map[string]int{}, map[string]int{}
	numbers, writes, sends := 0, 0, 0
	for _, r := range w.remotes {
		add(requests, r.requests)
		add(faults, r.misbehaviour.faults)
	}
	for _, c := range w.all {
		add(states, c.states)
		add(outcomes, c.outcomes)
		numbers += len(c.parcels) * len(c.connections)
		sends += c.sends
	}
	for _, name := range []string{"POST /trackings", "PUT /trackings/{id}", "DELETE /trackings/{id}"} {
		writes += requests[name]
	}
	made := 0
	for _, n := range states {
		made += n
	}
	w.t.Logf("%d messages in %s, drained after %s: %d tracking numbers at accounts, %d deliveries (%s), %d sends",
		w.acked, time.Since(start).Round(time.Second), drained.Sub(start).Round(time.Second), numbers, made,
		listed(states), sends)
	w.t.Logf("server: %d kills, %d SIGTERM; plugin: %d kills; keys revoked: %d, lanes resumed by hand: %d",
		w.kills.server, w.kills.terminated, w.kills.plugin, w.kills.revoked, w.kills.resumed)
	w.t.Logf("callers: %d calls repeated after an unclear answer, %d held back with RetryInfo, "+
		"%d answered requests repeated, %d older versions", w.repeated.Load(), w.refused.Load(), w.confirmed.Load(),
		w.stale.Load())
	w.t.Logf("last attempts: %s", listed(outcomes))
	w.t.Logf("requests at AfterShip: %s; %d writes for %d deliveries that arrived", listed(requests), writes,
		states["DELIVERED"])
	w.t.Logf("faults of AfterShip: %s", listed(faults))
	w.reportBooks()
}

func add(to, from map[string]int) {
	for name, n := range from {
		to[strings.TrimPrefix(name, "ATTEMPT_OUTCOME_")] += n
	}
}

func listed(counts map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(parts, ", ")
}
