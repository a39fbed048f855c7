package zoho

import (
	"net/http"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestHalfDoneEdits: an edit of which a part is done says so by its state, whatever keeps
// the rest from being done, so that the host does not take an edit back to what arrived
// before for done.
func TestHalfDoneEdits(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]zohotest.Fault{
		"blocked":  zohotest.Blocked(44, 0),
		"reset":    zohotest.Reset(),
		"no scope": zohotest.Failure(http.StatusUnauthorized, 57, ""),
		"a fault":  zohotest.Status(http.StatusInternalServerError),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.set("confirm_orders", "false")
			first := b.copyOrder(jo(), nil)
			want(t, first, isDelivered, "")
			b.set("confirm_orders", "true")
			b.stand.Script(fault.On("POST", "/salesorders/{id}/status/confirmed"))
			edited := jo()
			edited.LineItems[0].Quantity, edited.Totals = "3", nil
			r := b.copyOrder(edited, first)
			if r.GetOutcome() == isDelivered || b.order().Lines[0].Quantity != "3" {
				t.Fatalf("%s, and the order is %+v", r.GetOutcome(), b.order())
			}
			if r.State == nil { //nolint:protogetter // Presence.
				t.Errorf("%s without a state", r.GetOutcome())
			}
		})
	}
}
