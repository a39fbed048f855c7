package aftership

import (
	"context"

	"github.com/spurline/spurline/plugins/sdk"
)

// withdraw takes the tracking of a voided label back, so that AfterShip does not
// go on telling the customer of a parcel that does not exist. Only what Spurline
// made is deleted; what was never sent is skipped.
func (t *trip) withdraw(ctx context.Context) sdk.Result {
	switch sent := t.remoteID() != "" || t.mayBeOurs(); {
	case !sent && t.kept.Removed:
		return t.skipped("the parcel was voided, and its tracking was taken back already")
	case !sent:
		return t.skipped("the parcel was voided before this connection sent it")
	}
	if t.remoteID() != "" && t.kept.Made == madeByUs {
		return t.remove(ctx, t.remoteID())
	}
	there, a := t.lookUpToRemove(ctx)
	switch {
	case a.failure != nil || !a.ok() && a.rule().class != gone:
		return t.failed(a)
	case there.id == "":
		return t.skipped("the parcel was voided, and AfterShip has no tracking of it")
	case !t.mine(there):
		return t.skipped("the parcel was voided; the tracking at AfterShip was not made by Spurline and was left alone: " +
			"delete it there if nobody needs it")
	default:
		return t.remove(ctx, there.id)
	}
}

// lookUpToRemove finds what is to be deleted, under whatever courier it was made:
// the edit that voided the parcel may have changed that too.
func (t *trip) lookUpToRemove(ctx context.Context) (remoteTracking, answer) {
	if t.remoteID() != "" || t.sent.number == "" {
		return t.lookUp(ctx, t.remoteID())
	}
	there, a := t.findOurs(ctx)
	if there.id == "" && a.ok() {
		there = t.choose(a.envelope.trackings())
	}
	return there, a
}

// remove deletes a tracking. That there is none is as good.
func (t *trip) remove(ctx context.Context, id string) sdk.Result {
	a := t.call(ctx, t.f.client.deleteRequest(id))
	if !a.ok() && (a.failure != nil || a.rule().class != gone) {
		return t.failed(a)
	}
	t.kept = memory{Removed: true}
	t.sent.warnings = []string{"the parcel was voided, so its tracking was deleted at AfterShip"}
	return t.finished(sdk.Delivered(id).WithReason("WITHDRAWN"))
}
