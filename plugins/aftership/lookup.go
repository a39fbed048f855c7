package aftership

import (
	"context"
	"slices"

	"github.com/spurline/spurline/plugins/sdk"
)

// meet deals with a tracking that is there already: what bears our mark is
// brought up to date, what somebody else made is left alone unless the merchant
// chose update_existing (AfterShip API reference, section 7.1). The id is where
// to look first, empty if it is not known.
func (t *trip) meet(ctx context.Context, id string) sdk.Result {
	there, a := t.lookUp(ctx, id)
	t.named(there.id)
	switch {
	case a.failure != nil || !a.ok():
		return t.failed(a)
	case there.id == "" && id != "" && id == t.remoteID():
		// Known from before, and gone now.
		t.remade = true
		return t.create(ctx)
	case there.id == "":
		return t.present(there, nil)
	default:
		return t.settle(ctx, there)
	}
}

// settle compares a tracking with our facts and updates it where it may.
func (t *trip) settle(ctx context.Context, there remoteTracking) sdk.Result {
	mine := t.mine(there)
	expected := t.mayHaveArrived() || t.remoteID() != "" || t.kept.Made == madeByUs
	t.kept.Made = madeByOther
	if mine {
		t.kept.Made = madeByUs
	}
	differing := t.f.client.generation.differing(t.sent, there)
	switch {
	case len(differing) == 0 && mine && expected:
		return t.delivered(there)
	case len(differing) > 0 && (mine || t.f.updateExisting):
		return t.update(ctx, there.id)
	default:
		return t.present(there, differing)
	}
}

// mine says that Spurline made a tracking for this record. The memory of the id
// decides: our mark may have been written over somebody else's tracking. Without
// a memory, a tracking whose id was kept needs only our mark, since an edit may
// move a number to another order.
func (t *trip) mine(there remoteTracking) bool {
	known := there.id == t.remoteID() || there.legacyID != "" && there.legacyID == t.remoteID()
	switch {
	case known && t.kept.Made != "":
		return t.kept.Made == madeByUs
	case known:
		return there.uploadedBy == uploadedBy
	default:
		return t.ours(there)
	}
}

// mayBeOurs says that an earlier send of this record made a tracking whose id is
// not known, or may have.
func (t *trip) mayBeOurs() bool { return t.mayHaveArrived() || t.kept.Made == madeByUs }

// ours says that a tracking whose id is not known bears our mark, and that it is of
// this very record: it has our order, or the one that the number was of when an
// earlier send made it, before an edit moved it.
func (t *trip) ours(there remoteTracking) bool {
	return there.uploadedBy == uploadedBy && (there.orderID == t.sent.orderID || t.mayBeOurs())
}

// lookUp reads a tracking by id, or finds it by number if there is no id, or under it
// nothing or another number. It is empty if there is none, which is an answer too.
func (t *trip) lookUp(ctx context.Context, id string) (remoteTracking, answer) {
	if id != "" {
		a := t.call(ctx, t.f.client.getRequest(id))
		there, ok := a.envelope.tracking()
		switch read := a.ok() && ok; {
		case read && t.another(there):
		case read:
			return there, a
		case a.failure != nil, a.rule().class != gone, t.sent.number == "":
			return remoteTracking{}, a
		}
	}
	a := t.call(ctx, t.f.client.findRequest(t.sent.number))
	if !a.ok() {
		return remoteTracking{}, a
	}
	return t.choose(a.envelope.trackings()), a
}

// findOurs looks for what an earlier send of this record may have made, under
// whatever courier it went out.
func (t *trip) findOurs(ctx context.Context) (remoteTracking, answer) {
	a := t.call(ctx, t.f.client.findRequest(t.sent.number))
	if !a.ok() {
		return remoteTracking{}, a
	}
	for _, there := range a.envelope.trackings() {
		if there.number == t.sent.number && t.ours(there) {
			return there, a
		}
	}
	return remoteTracking{}, a
}

// choose picks the tracking meant among those of one number: of the courier we
// name, or else the one with our mark, or else the only one.
func (t *trip) choose(found []remoteTracking) remoteTracking {
	found = slices.DeleteFunc(found, func(there remoteTracking) bool {
		return there.number != "" && there.number != t.sent.number ||
			t.sent.slug != "" && !t.without.slug && there.slug != "" && there.slug != t.sent.slug
	})
	if i := slices.IndexFunc(found, t.ours); i >= 0 {
		return found[i]
	}
	if len(found) == 1 {
		return found[0]
	}
	return remoteTracking{}
}
