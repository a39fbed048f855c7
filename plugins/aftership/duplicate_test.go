package aftership

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// ourFacts is what germany looks like at AfterShip, in the newest generation.
func ourFacts(change map[string]any) map[string]any {
	facts := map[string]any{
		"tracking_number": dhlNumber, "order_id": "A-100042", "tracking_ship_date": "2026-11-20",
		"destination_country_region": "DEU",
		"custom_fields":              map[string]any{"order_source": "webshop", "uploaded_by": "CartRover"},
	}
	maps.Copy(facts, change)
	return facts
}

func (b *bench) seed(t *testing.T, change map[string]any) aftershiptest.Tracking {
	t.Helper()
	kept, err := b.Seed(aftershiptest.V202607, aftershiptest.ValidKey, ourFacts(change))
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// TestAlreadyThere has a tracking that the host knows nothing of.
func TestAlreadyThere(t *testing.T) {
	t.Parallel()
	foreign := map[string]any{"order_id": "B-7", "custom_fields": map[string]any{"uploaded_by": "somebody"}}
	tests := []struct {
		name      string
		there     map[string]any
		unknown   bool
		overwrite bool
		delivered bool
		differing []string
		writes    bool
	}{
		{name: "ours and equal"},
		{name: "ours and equal, after an unknown fate", unknown: true, delivered: true},
		{
			name:    "ours and different, after an unknown fate",
			there:   map[string]any{"tracking_ship_date": "2026-11-19"},
			unknown: true, delivered: true, writes: true,
		},
		{
			name:  "ours by its mark and different",
			there: map[string]any{"tracking_ship_date": "2026-11-19"}, delivered: true, writes: true,
		},
		{
			name: "somebody else's", there: foreign,
			differing: []string{"order_id", "custom_fields.order_source", "custom_fields.uploaded_by"},
		},
		{
			name: "somebody else's, after an unknown fate", there: foreign, unknown: true,
			differing: []string{"order_id", "custom_fields.order_source", "custom_fields.uploaded_by"},
		},
		{name: "somebody else's, to be overwritten", there: foreign, overwrite: true, delivered: true, writes: true},
		{
			name: "of another order of ours", there: map[string]any{"order_id": "B-7"},
			differing: []string{"order_id"},
		},
		{
			name:      "made by hand",
			there:     map[string]any{"order_id": "A-100042", "custom_fields": map[string]any{"colour": "red"}},
			differing: []string{"custom_fields.order_source", "custom_fields.uploaded_by"},
		},
	}
	shapes := map[string]aftershiptest.DuplicateShape{
		"flat": aftershiptest.DuplicateFlat, "wrapped": aftershiptest.DuplicateWrapped, "empty": aftershiptest.DuplicateEmpty,
	}
	for _, test := range tests {
		for shape, option := range shapes {
			t.Run(test.name+", "+shape, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, func(s *Settings) { s.UpdateExisting = test.overwrite },
					aftershiptest.WithDuplicateShape(option))
				kept := b.seed(t, test.there)
				d := germany()
				d.FateUnknown = test.unknown
				r := b.send(t, d)
				if test.delivered {
					want(t, r, isDelivered, "")
				} else {
					want(t, r, isPresent, "ALREADY_PRESENT")
				}
				if r.RemoteID() != kept.ID || !slices.Equal(r.Differing(), test.differing) {
					t.Errorf("id is %q, differing %q", r.RemoteID(), r.Differing())
				}
				if writes := slices.Contains(b.methods(), "PUT"); writes != test.writes {
					t.Errorf("calls are %q", b.methods())
				}
				now := b.Trackings()
				if len(now) != 1 || test.writes && now[0].Fact(aftershiptest.V202607, "tracking_ship_date") != "2026-11-20" {
					t.Errorf("kept %+v", now)
				}
			})
		}
	}
}

// TestEveryGenerationLooksUp repeats an unknown fate in all generations.
func TestEveryGenerationLooksUp(t *testing.T) {
	t.Parallel()
	for _, g := range generations() {
		for _, shape := range []aftershiptest.DuplicateShape{aftershiptest.DuplicateUsual, aftershiptest.DuplicateEmpty} {
			t.Run(g.name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, func(s *Settings) { s.Generation, s.SendCustomerContact = g.name, true },
					aftershiptest.WithDuplicateShape(shape))
				b.Script(aftershiptest.Reset().On("POST", "").AfterStore())
				d := germany()
				first := b.send(t, d)
				if first.Outcome() != isUnknown {
					t.Fatalf("a lost answer is %s", first.Outcome())
				}
				second := b.send(t, after(d, first))
				want(t, second, isDelivered, "")
				if len(b.Trackings()) != 1 || second.RemoteID() == "" || slices.Contains(b.methods(), "PUT") {
					t.Errorf("%d trackings, id %q, calls %q", len(b.Trackings()), second.RemoteID(), b.methods())
				}
			})
		}
	}
}

// TestForeignTrackingStaysForeign edits a record whose tracking somebody else
// made: the id alone does not make it ours.
func TestForeignTrackingStaysForeign(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	kept := b.seed(t, map[string]any{"order_id": "B-7", "custom_fields": map[string]any{"uploaded_by": "somebody"}})
	first := b.send(t, germany())
	want(t, first, isPresent, "ALREADY_PRESENT")
	second := b.send(t, after(germany(), first))
	want(t, second, isPresent, "ALREADY_PRESENT")
	third := b.send(t, voided(after(germany(), second)))
	want(t, third, isSkipped, "PARCEL_VOIDED")
	if now := b.Trackings(); len(now) != 1 || !now[0].Updated.Equal(kept.Updated) {
		t.Errorf("kept %+v", now)
	}

	b.forwarder = b.connect(t, func(s *Settings) { s.UpdateExisting = true })
	fourth := b.send(t, after(germany(), second))
	want(t, fourth, isDelivered, "")
	fifth := b.send(t, voided(after(germany(), fourth)))
	want(t, fifth, isSkipped, "PARCEL_VOIDED")
	if len(b.Trackings()) != 1 {
		t.Error("a tracking that somebody else made was deleted")
	}
}

// TestKnownIDWithoutMemory has a host that kept the id but not the state: our
// mark decides.
func TestKnownIDWithoutMemory(t *testing.T) {
	t.Parallel()
	for mark, outcome := range map[string]bool{"CartRover": true, "somebody": false} {
		b := newBench(t, nil)
		kept := b.seed(t, map[string]any{"order_id": "B-7", "custom_fields": map[string]any{"uploaded_by": mark}})
		d := germany()
		d.RemoteID = kept.LegacyID
		r := b.send(t, d)
		if delivered := r.Outcome() == isDelivered; delivered != outcome {
			t.Errorf("uploaded by %s: result is %s", mark, r.Outcome())
		}
	}
}

func TestSeveralTrackingsOfTheNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, aftershiptest.WithDuplicateShape(aftershiptest.DuplicateEmpty))
	b.seed(t, map[string]any{"order_id": "X"})
	b.seed(t, map[string]any{"order_id": "Y", "slug": "dhl"})
	r := b.send(t, germany())
	want(t, r, isPresent, "ALREADY_PRESENT")
	if r.RemoteID() != "" {
		t.Errorf("one of two was chosen: %q", r.RemoteID())
	}

	b.forwarder = b.connect(t, func(s *Settings) { s.CourierSlugs = "DHL Paket=dhl" })
	r = b.send(t, germany())
	if there := b.Trackings()[1]; r.RemoteID() != there.ID {
		t.Errorf("id is %q, want that of the courier named, %q", r.RemoteID(), there.ID)
	}
}

// TestPresentButNotShown is a tracking that no look-up finds.
func TestPresentButNotShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Script(aftershiptest.Failure(400, 4003, "Tracking already exists."))
	r := b.send(t, germany())
	want(t, r, isPresent, "ALREADY_PRESENT")
	if r.RemoteID() != "" || !strings.Contains(r.Hint(), "120 days") {
		t.Errorf("id is %q, hint is %q", r.RemoteID(), r.Hint())
	}
}

func TestConflictThatSaysExists(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	kept := b.seed(t, nil)
	b.Script(aftershiptest.Failure(409, 409, "Tracking already exists"))
	r := b.send(t, germany())
	want(t, r, isPresent, "ALREADY_PRESENT")
	if r.RemoteID() != kept.ID {
		t.Errorf("id is %q", r.RemoteID())
	}
}

// TestLookUpFails keeps the doubt alive until a look-up succeeds, even though the
// host forgets an unknown fate after any answer.
func TestLookUpFails(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Script(
		aftershiptest.Reset().On("POST", "").AfterStore(),
		aftershiptest.Status(503).On("GET", ""),
		aftershiptest.Limited(9e9, 0).On("GET", ""),
	)
	d := germany()
	lost := b.send(t, d)
	d = after(d, lost)
	down := b.send(t, d)
	want(t, down, isRetry, "REMOTE_FAULT")
	d = after(d, down)
	limited := b.send(t, d)
	want(t, limited, isThrottled, "RATE_LIMITED")
	b.clock.advance(10e9)
	d = after(d, limited)
	if d.FateUnknown {
		t.Fatal("the test's host does not forget")
	}
	want(t, b.send(t, d), isDelivered, "")
}

// TestServerErrorMayHaveArrived is a gateway that gave up after the tracking was
// made: the repeat finds it and counts it as delivered, not as somebody else's.
func TestServerErrorMayHaveArrived(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Script(aftershiptest.HTML(502).AfterStore())
	d := germany()
	first := b.send(t, d)
	want(t, first, isRetry, "REMOTE_FAULT")
	want(t, b.send(t, after(d, first)), isDelivered, "")
	if len(b.Trackings()) != 1 {
		t.Errorf("%d trackings", len(b.Trackings()))
	}
}

// TestUnknownFateUnderAnotherCourier must not leave two trackings: the courier
// is part of what AfterShip tells a repeat by, and it changed in between.
func TestUnknownFateUnderAnotherCourier(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.CourierSlugs = "DHL=dhl" })
	b.Script(aftershiptest.Reset().On("POST", "").AfterStore(), aftershiptest.Status(503).On("GET", ""))
	d := germany()
	lost := b.send(t, d)
	d = after(d, lost)
	d.Record.Parcel.Carrier = new("DHL")
	down := b.send(t, d)
	want(t, down, isRetry, "REMOTE_FAULT")
	want(t, b.send(t, after(d, down)), isDelivered, "")
	if kept := b.Trackings(); len(kept) != 1 || kept[0].Slug != "dhl" {
		t.Errorf("kept %+v", kept)
	}
}

// TestNumberThatMovedMeanwhile has a number move to another order while its tracking
// is there, but its id is not known: it becomes an update (promise P3).
func TestNumberThatMovedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]aftershiptest.Fault{
		"lost answer": aftershiptest.Reset().AfterStore(), "unreadable answer": aftershiptest.Garbled(),
	} {
		for _, slugs := range []string{"", "DHL=dhl"} {
			t.Run(name+" "+slugs, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, func(s *Settings) { s.CourierSlugs = slugs })
				b.Script(fault.On("POST", ""))
				d := after(germany(), b.send(t, germany()))
				d.Record.OrderId = "A-2"
				d.Record.Parcel.Carrier = new("DHL")
				want(t, b.send(t, d), isDelivered, "")
				if kept := b.Trackings(); len(kept) != 1 || kept[0].Fact(aftershiptest.V202607, "order_id") != "A-2" {
					t.Errorf("kept %+v", kept)
				}
			})
		}
	}
}

func TestUnknownFateThatDidNotArrive(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.CourierSlugs = "DHL=dhl" })
	d := germany()
	d.FateUnknown = true
	want(t, b.send(t, d), isDelivered, "")
	if calls := b.methods(); !slices.Equal(calls, []string{"GET", "POST"}) {
		t.Errorf("calls are %q", calls)
	}
}
