package sqlite

import (
	"fmt"

	"github.com/spurline/spurline/server/store"
)

// Limits of a store that was given none.
const (
	defaultBacklogLimit = 20_000_000
	defaultBacklogShare = 25
)

// backlogLimits are the open deliveries of all merchants, and a merchant's share of
// them in per cent.
type backlogLimits struct{ all, share int64 }

// merchant is the share as a number of deliveries.
func (l backlogLimits) merchant() int64 { return max(1, l.all*l.share/100) }

// hard is where even those with little waiting are refused.
func (l backlogLimits) hard() int64 { return l.all + l.all/4 }

// backlog is the number of open deliveries, as the last commit left it. It belongs
// to the writer.
type backlog struct {
	limits backlogLimits
	all    int64
	// merchants has those with an open delivery.
	merchants map[int64]int64
}

// growth is how many more deliveries are open than before a commit.
type growth struct {
	all       int64
	merchants map[int64]int64
}

func (g *growth) add(merchant, deliveries int64) {
	g.all += deliveries
	g.merchants[merchant] += deliveries
}

// newBacklog counts what the totals of connections leave open, by the merchants that
// own them.
func newBacklog(current *current, owners map[int64]int64, limits backlogLimits) *backlog {
	b := &backlog{limits: limits, merchants: map[int64]int64{}}
	for connection, totals := range current.totals {
		b.add(owners[connection], totals.Open())
	}
	return b
}

func (b *backlog) add(merchant, deliveries int64) {
	b.all += deliveries
	b.merchants[merchant] += deliveries
	if b.merchants[merchant] == 0 {
		delete(b.merchants, merchant)
	}
}

// committed takes over what a commit changed.
func (b *backlog) committed(g growth) {
	for merchant, deliveries := range g.merchants {
		b.add(merchant, deliveries)
	}
}

// check says whether a merchant may have more deliveries made, after what the
// commit in the making has opened so far. A merchant's own share comes first. Once
// the limit of all is reached, those go on who have less than the average of the
// merchants with a backlog, up to a quarter more: a flood fills the store for those
// who made it, not for the others (promise P5).
func (b *backlog) check(merchant int64, g growth) error {
	own, all := b.merchants[merchant]+g.merchants[merchant], b.all+g.all
	if most := b.limits.merchant(); own >= most {
		return fmt.Errorf("%w: %d are open, its share is %d", store.ErrMerchantBacklog, own, most)
	}
	below := own*int64(len(b.merchants)) < all
	if all < b.limits.all || below && all < b.limits.hard() {
		return nil
	}
	return fmt.Errorf("%w: %d are open, the limit is %d", store.ErrBacklog, all, b.limits.all)
}

// checkBacklog refuses a submission that would add to a backlog that is full. It
// writes nothing, so that a refusal costs nobody else their commit.
func (t *tx) checkBacklog(submission store.Submission) error {
	full := t.w.backlog.check(submission.MerchantKey, t.growth)
	if full == nil {
		return nil
	}
	makes, err := t.makesDeliveries(submission)
	if err != nil || !makes {
		return err
	}
	return full
}

// makesDeliveries says whether a submission is going to.
func (t *tx) makesDeliveries(submission store.Submission) (bool, error) {
	takes := wanted(submission.Wants)
	if submission.Order != nil {
		return t.orderMakesDeliveries(submission, takes)
	}
	if !takes.Tracking {
		return false, nil
	}
	for _, parcel := range submission.Parcels {
		stored, known, err := t.storedParcel(submission.MerchantKey, parcel.NumberKey)
		if err != nil {
			return false, err
		}
		if !known || changes(store.Verdict(stored.hash, parcel.Hash, stored.sourceVersion, submission.SourceVersion)) {
			return true, nil
		}
	}
	return false, nil
}

func (t *tx) orderMakesDeliveries(submission store.Submission, takes store.Takes) (bool, error) {
	order := submission.Order
	stored, known, err := t.storedOrder(submission.MerchantKey, order.OrderID)
	if err != nil {
		return false, err
	}
	if known && !changes(store.Verdict(stored.hash, order.Hash, stored.sourceVersion, order.SourceVersion)) {
		return false, nil
	}
	if takes.Orders || !takes.Tracking {
		return takes.Orders, nil
	}
	change, err := t.factsChange(submission, stored)
	if err != nil {
		return false, err
	}
	return t.rejoins(submission, change)
}

func changes(verdict store.Result) bool { return verdict == store.Created || verdict == store.Revised }
