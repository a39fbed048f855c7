package aftership

import (
	"context"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
)

// ForwardTracking brings one tracking number to AfterShip: a POST for a new one,
// a PUT for an edit of our own, a DELETE for a parcel whose label was voided.
func (f *Forwarder) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	sent, err := f.gather(d.Record)
	t := f.trip(d, sent)
	voided := isVoided(d.Record)
	switch {
	case voided && err != nil && t.remoteID() == "":
		return t.skipped("the parcel was voided before this connection sent it")
	case voided:
		return t.withdraw(ctx)
	case err != nil:
		return sdk.Rejected("TRACKING_NUMBER_INVALID", "correct the tracking number of the parcel: "+err.Error()).
			FixByRecord()
	case t.remoteID() != "":
		return t.edit(ctx)
	default:
		return t.create(ctx)
	}
}

// trip is one delivery on its way.
type trip struct {
	f        *Forwarder
	delivery sdk.Delivery
	sent     facts
	kept     memory
	// without is what a refusal made us leave out.
	without omission
	// last is the last call made, for the excerpts of the result.
	last answer
	// remade says that a tracking that was gone was made anew, or that the id kept was
	// of another number; that is done once.
	remade bool
	// stray is the id kept if it seems to be of another number, strayNumber that number.
	stray, strayNumber string
}

func (f *Forwarder) trip(d *sdk.TrackingDelivery, sent facts) *trip {
	return &trip{f: f, delivery: d.Delivery, sent: sent, kept: recall(d.State)}
}

// remoteID is the tracking that an earlier send of this record made or met;
// empty if there is none, or if we removed it.
func (t *trip) remoteID() string {
	if t.kept.Removed || t.remade {
		return ""
	}
	return t.delivery.RemoteID
}

// mayHaveArrived says that an earlier send of this record may be at AfterShip
// although no answer told so.
func (t *trip) mayHaveArrived() bool { return t.delivery.FateUnknown || t.kept.Unsure }

// call makes a call and remembers it.
func (t *trip) call(ctx context.Context, r request) answer {
	t.last = t.f.client.do(ctx, r)
	return t.last
}

// create makes a new tracking. One that is there already is looked at.
//
// AfterShip tells a repeat by number and courier. Where couriers are mapped, an
// earlier send of unknown fate may have gone out under another courier, and a
// POST would make a second tracking, so that one is looked for first.
func (t *trip) create(ctx context.Context) sdk.Result {
	if t.mayBeOurs() && len(t.f.slugs) > 0 {
		there, a := t.findOurs(ctx)
		switch {
		case !a.ok():
			return t.failed(a)
		case there.id != "":
			t.named(there.id)
			return t.settle(ctx, there)
		}
	}
	a := t.sendLeavingOut(ctx, func() request { return t.f.client.createRequest(t.sent, t.without) })
	switch {
	case a.ok():
		there, _ := a.envelope.tracking()
		t.named(there.id)
		t.kept.Made = madeByUs
		return t.delivered(there)
	case a.failure == nil && a.rule().class == duplicate:
		there, _ := a.envelope.tracking()
		t.named(there.id)
		return t.meet(ctx, there.id)
	default:
		return t.failed(a)
	}
}

// edit brings a later revision to the tracking that an earlier one made. What
// somebody else made, or may have, is looked at first.
func (t *trip) edit(ctx context.Context) sdk.Result {
	if t.kept.Made != madeByUs {
		return t.meet(ctx, t.remoteID())
	}
	return t.update(ctx, t.remoteID())
}

// update writes the facts to a tracking; one that is gone is made anew, since
// the record still wants to be there.
func (t *trip) update(ctx context.Context, id string) sdk.Result {
	a := t.sendLeavingOut(ctx, func() request { return t.f.client.updateRequest(id, t.sent, t.without) })
	switch {
	case a.ok():
		there, found := a.envelope.tracking()
		if !found {
			there = remoteTracking{id: id}
		}
		if t.another(there) {
			return t.strayed(ctx, id, there.number)
		}
		return t.delivered(there)
	case a.failure == nil && a.rule().class == gone && !t.remade:
		t.remade = true
		return t.create(ctx)
	default:
		return t.failed(a)
	}
}

// sendLeavingOut sends a body, and again without an optional fact that AfterShip
// refuses by name: a tracking without its ship date is worth more than none
// (AfterShip API reference, section 7.2, fallbacks A and B). Each fact is left
// out at most once, so it ends.
func (t *trip) sendLeavingOut(ctx context.Context, build func() request) answer {
	for {
		a := t.call(ctx, build())
		if a.ok() || a.failure != nil || !t.leaveOut(a) {
			return a
		}
	}
}

// leaveOut decides what to leave out after a refusal; false if nothing helps.
func (t *trip) leaveOut(a answer) bool {
	g, message := t.f.client.generation, a.envelope.message
	namesCountry := false
	for _, name := range g.countries {
		namesCountry = namesCountry || strings.Contains(message, name)
	}
	updating := a.request.endpoint == updateTracking
	switch code := codeOf(a.status, a.envelope); {
	case code == 4008 && strings.Contains(message, "tracking_ship_date") &&
		t.sent.shipDate.known() && !t.without.shipDate:
		t.without.shipDate = true
		t.sent.warn("AfterShip refused the ship date, so it was left out")
	case code == 4008 && namesCountry && t.sent.country != "" && !t.without.country:
		t.without.country = true
		t.sent.warn("AfterShip refused the destination country, so it was left out")
	case code == 4010 && t.sent.slug != "" && !t.without.slug:
		t.without.slug = true
		t.sent.warn("AfterShip does not know the courier " + t.sent.slug +
			", so it was left to detect one: correct courier_slugs")
	case code == 4003 && updating && t.sent.slug != "" && !t.without.slug:
		t.without.slug = true
		t.sent.warn("AfterShip has another tracking of this number with the courier " + t.sent.slug +
			", so the courier was left as it is there")
	default:
		return false
	}
	return true
}
