// Package aftershiptest is a stand-in for the AfterShip Tracking API, as strict
// as AfterShip documents the real one to be, for the tests of the AfterShip
// plugin and for a first run without an AfterShip account.
//
// It speaks every generation from the legacy "v4" to "2026-07": the paths, key
// headers, wrapping, field names, types, lengths and formats of one generation
// are refused or silently dropped by another just as documented, and a test can
// read what was dropped. It keeps the trackings it accepts, answers a second
// POST of the same number and courier with code 4003, limits calls per endpoint,
// and fails on request in the ways a service on the internet fails.
//
//	stand := aftershiptest.New()
//	base := stand.Start(t)
//	stand.Script(aftershiptest.Status(503).On("POST", "/trackings").Times(2))
//	// … run the client against base with aftershiptest.ValidKey …
//	for _, e := range stand.Journal(aftershiptest.ByMethod("POST")) {
//		t.Log(e.Status, e.Code, e.Body, e.Dropped)
//	}
//
// Facts of the outside world come from the AfterShip API reference of the
// project; the comments name its sections. Where that reference is uncertain the
// stand-in takes the stricter reading and the comment says so. Not served, since
// no client of the project calls them: retrack, mark-as-completed, detect,
// courier connections, predictions and webhooks.
package aftershiptest
