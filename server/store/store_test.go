package store_test

import (
	"math"
	"strings"
	"testing"

	"github.com/spurline/spurline/server/store"
)

func number(v int64) *int64 { return &v }

func TestVerdict(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		same              bool
		stored, submitted *int64
		want              store.Result
	}{
		"equal, no versions":        {true, nil, nil, store.Unchanged},
		"other, no versions":        {false, nil, nil, store.Revised},
		"equal, same version":       {true, number(2), number(2), store.Unchanged},
		"other, same version":       {false, number(2), number(2), store.Revised},
		"equal, older version":      {true, number(2), number(1), store.Stale},
		"other, older version":      {false, number(2), number(1), store.Stale},
		"equal, newer version":      {true, number(2), number(3), store.Unchanged},
		"other, newer version":      {false, number(2), number(3), store.Revised},
		"other, none stored":        {false, nil, number(1), store.Revised},
		"other, none submitted":     {false, number(2), nil, store.Revised},
		"equal, none submitted":     {true, number(2), nil, store.Unchanged},
		"negative and older":        {false, number(-1), number(-2), store.Stale},
		"zero is a version":         {false, number(0), number(-1), store.Stale},
		"least and greatest number": {false, number(math.MaxInt64), number(math.MinInt64), store.Stale},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hash := "other"
			if c.same {
				hash = "stored"
			}
			if got := store.Verdict([]byte("stored"), []byte(hash), c.stored, c.submitted); got != c.want {
				t.Errorf("verdict is %d, want %d", got, c.want)
			}
		})
	}
}

func TestFactDigests(t *testing.T) {
	t.Parallel()
	order := store.FactDigests{1: 10, 2: 20}
	shipment := store.FactDigests{2: 21, 3: 30, 11: 110}
	over := order.Over(shipment)
	if want := (store.FactDigests{1: 10, 2: 20, 3: 30, 11: 110}); over != want {
		t.Errorf("order over shipment is %v, want %v", over, want)
	}
	if order != (store.FactDigests{1: 10, 2: 20}) {
		t.Errorf("Over changed its receiver to %v", order)
	}
	changed := over.Changed(order)
	for f := range store.Fact(store.FactCount) {
		if want := f == 3 || f == 11; changed.Has(f) != want {
			t.Errorf("fact %d changed is %t, want %t", f, changed.Has(f), want)
		}
	}
	if changed != order.Changed(over) {
		t.Error("Changed depends on the direction")
	}
	if changed := over.Changed(over); changed != 0 {
		t.Errorf("facts %b differ from themselves", changed)
	}
}

func TestDeliveryID(t *testing.T) {
	t.Parallel()
	last := ""
	for _, id := range []store.DeliveryID{0, 1, 31, 32, 1 << 40, 1<<62 + 7, math.MaxInt64} {
		text := id.String()
		if len(text) != 13 || text <= last {
			t.Errorf("id %d is %q after %q", id, text, last)
		}
		last = text
		if got, err := store.ParseDeliveryID(text); err != nil || got != id {
			t.Errorf("parse %q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "0", "000000000000", "00000000000000", strings.ToUpper(last), "zzzzzzzzzzzzz", "0000000000001",
		"00000000000u0", "000000000000\n0", "0000000000000\n", " 000000000000", "000000000000=", "00000000000é",
	} {
		if id, err := store.ParseDeliveryID(text); err == nil {
			t.Errorf("parse %q gives %d, want an error", text, id)
		}
	}
}

func FuzzParseDeliveryID(f *testing.F) {
	for _, seed := range []string{"0000000000000", "0000000000002", "fzzzzzzzzzzzy", "\n", "ILOU"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := store.ParseDeliveryID(text)
		if err == nil && (id < 0 || id.String() != text) {
			t.Errorf("%q is read as %d, which is written %q", text, id, id)
		}
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for state := store.Pending; state <= store.Cancelled; state++ {
		if want := state == store.Pending || state == store.Blocked; state.Open() != want {
			t.Errorf("state %d open is %t", state, state.Open())
		}
	}
	totals := store.Totals{Made: 21, Delivered: 1, Present: 1, Skipped: 2, Failed: 3, Superseded: 4, Cancelled: 5}
	if totals.Open() != 6 {
		t.Errorf("open is %d, want 6", totals.Open())
	}
	for outcome := store.OutcomeDelivered; outcome <= store.OutcomePluginLost; outcome++ {
		if strings.HasPrefix(outcome.String(), "OUTCOME_") {
			t.Errorf("outcome %d has no name", outcome)
		}
	}
	if got := store.Outcome(99).String(); got != "OUTCOME_99" {
		t.Errorf("unknown outcome is %s", got)
	}
}
