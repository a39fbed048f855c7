package aftership

import (
	"context"

	"github.com/spurline/spurline/plugins/sdk"
)

// another says that a tracking is of another number than ours, so that the id it was
// addressed by names something else than when it was kept. A tracking that shows no
// number is taken for ours, and so is the spelling that AfterShip once gave to ours: no
// source says that it shows every number as it got it.
func (t *trip) another(there remoteTracking) bool {
	if there.number == "" || t.sent.number == "" || there.number == t.kept.Number {
		return false
	}
	number, err := normaliseNumber(there.number)
	return err != nil || number != t.sent.number
}

// strayed goes on after our facts were written to a tracking of another number: what was
// kept of ours is of no use, so it is looked for, and made anew if it is not there.
// Looking before every edit would cost each of them a call. If it comes again, it is
// left for later: nothing may be told as delivered that is in another parcel's tracking.
func (t *trip) strayed(ctx context.Context, id, number string) sdk.Result {
	if t.remade {
		return t.finished(sdk.Retry("TRACKING_ID_STALE", strayedHint(id)).RecordOnly())
	}
	t.remade, t.stray, t.strayNumber = true, id, number
	return t.create(ctx)
}

func strayedHint(id string) string {
	return "the tracking " + id + ", which was ours, is of another number at AfterShip by now, and got facts of this " +
		"parcel: correct it there, or send its own parcel again"
}

// named notes the tracking that AfterShip itself names for our number, empty if it named
// none. If it is the one that seemed to have strayed, AfterShip spells the number otherwise.
func (t *trip) named(id string) {
	switch {
	case t.stray == "" || id == "":
		return
	case t.stray == id:
		t.kept.Number = t.strayNumber
	default:
		t.sent.warn(strayedHint(t.stray))
	}
	t.stray = ""
}
