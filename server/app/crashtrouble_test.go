package app_test

import (
	"fmt"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// trouble is a key that AfterShip refuses for some steps of the run, so that its
// lane pauses.
type trouble struct {
	customer *customer
	healing  func(*customer)
	// from and until are steps.
	from, until int
}

// plan draws the troubles of a run, one merchant each.
func (w *crashWorld) plan(steps int) []trouble {
	ways := []func(*customer){w.exchangeKey, w.acceptKey}
	var troubles []trouble
	for i := range w.sizes.troubles {
		from := w.random.IntN(steps)
		troubles = append(troubles, trouble{
			customer: w.all[(1+i*7)%len(w.all)], healing: ways[i%len(ways)],
			from: from, until: min(from+1+w.random.IntN(steps/4+1), steps-1),
		})
	}
	return troubles
}

// apply revokes and heals what is due at a step.
func (w *crashWorld) apply(troubles []trouble, step int) {
	w.t.Helper()
	for _, trouble := range troubles {
		if trouble.from == step {
			trouble.customer.remote.RevokeKey(trouble.customer.key)
			w.kills.revoked++
		}
		if trouble.until == step {
			trouble.healing(trouble.customer)
		}
	}
	for _, b := range w.books {
		b.tire(step)
	}
}

// exchangeKey gives the merchant another key, and has the connection edited: that
// resumes the lane.
func (w *crashWorld) exchangeKey(c *customer) {
	w.t.Helper()
	organisation := c.connections["aftership"]
	c.keys++
	c.key = fmt.Sprintf("%s/%d", organisation, c.keys)
	c.remote.SetKey(aftershiptest.Key{Value: c.key, Organisation: organisation})
	w.running.readyPlugin()
	_, err := w.running.connections.UpdateConnection(w.t.Context(), &apiv1.UpdateConnectionRequest{
		Connection: &apiv1.Connection{
			Name: c.name + "/connections/aftership", Secrets: map[string]string{"api_key": c.key},
		},
	})
	if err != nil {
		w.t.Errorf("%s: give another key: %v", c.name, err)
	}
}

// acceptKey has AfterShip take the key again: the lane tests it by itself within
// some minutes, and goes on.
func (w *crashWorld) acceptKey(c *customer) {
	c.remote.SetKey(aftershiptest.Key{Value: c.key, Organisation: c.connections["aftership"]})
}

// resume resumes a lane whose key was refused, as an operator does who has seen it
// and does not want to wait for the next test.
func (w *crashWorld) resume(c *apiv1.Connection) {
	w.t.Helper()
	if c.GetState() != apiv1.ConnectionState_CONNECTION_STATE_PAUSED || w.sizes.patient && c.GetRecheckTime() != nil {
		return
	}
	_, err := w.running.connections.ResumeConnection(w.t.Context(), &apiv1.ResumeConnectionRequest{Name: c.GetName()})
	if err != nil {
		w.t.Errorf("resume %s: %v", c.GetName(), err)
	}
	w.kills.resumed++
}

// healed checks that no lane is left paused.
func (w *crashWorld) healed() {
	w.t.Helper()
	for _, c := range w.all {
		for _, id := range c.connectionIDs() {
			answer, err := w.running.connections.GetConnection(w.t.Context(), &apiv1.GetConnectionRequest{
				Name: c.name + "/connections/" + id,
			})
			if err != nil {
				w.t.Fatal(err)
			}
			if at := answer.GetConnection(); at.GetState() != apiv1.ConnectionState_CONNECTION_STATE_ACTIVE {
				w.t.Errorf("promise P6: %s is %s (%s)", at.GetName(), at.GetState(), at.GetPauseReason())
			}
		}
	}
}
