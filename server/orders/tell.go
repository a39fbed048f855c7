package orders

import (
	"fmt"
	"strings"
	"time"

	"github.com/spurline/spurline/server/store"
)

// situation is all that the sentence about a record on a connection depends on.
type situation struct {
	now    time.Time
	record record
	// sentSince is when the plugin was given the delivery that it has now, zero if
	// it has none.
	sentSince time.Time
	// delivery is the last one, nil if there never was one.
	delivery *store.Delivery
	// connection is nil if it is deleted.
	connection *store.Connection
	plugin     plugin
	// outage of the connection's extra interface, zero if there is none.
	outage Outage
	// full: the store keeps its room for the outcomes of what is under way.
	full bool
}

// withdrawn is the reason of a delivery that took back what an earlier one
// brought: a plugin has no other outcome for that than delivered.
const withdrawn = "WITHDRAWN"

// sameContent is the reason of a delivery for which nothing had to be sent.
const sameContent = "SAME_CONTENT"

// tell says in one sentence what happened, and what to do if something is to be
// done. It is pure.
func tell(s situation) string {
	if s.delivery == nil {
		return s.never()
	}
	if s.outdated() {
		return s.older()
	}
	switch s.delivery.State {
	case store.Pending:
		return s.pending()
	case store.Blocked:
		return s.blocked()
	case store.Delivered:
		return s.delivered()
	case store.Skipped:
		return s.skipped()
	case store.Failed:
		return s.failed()
	case store.Superseded:
		return fmt.Sprintf("Revision %d was superseded before it was sent to %s.", s.delivery.Revision, s.plugin.title)
	case store.Cancelled:
		return s.cancelled()
	}
	return fmt.Sprintf("In a state this version does not know (%d).", s.delivery.State)
}

// never: the connection takes such records and did not get this one.
func (s situation) never() string {
	switch c := s.connection; {
	case c.State == store.Disabled:
		return fmt.Sprintf("Not sent: the connection is disabled and got no delivery; %s.", s.next())
	case c.CreateTime.After(s.record.updateTime):
		return fmt.Sprintf("Not sent: the connection was created at %s, after the %s was accepted; %s.",
			at(c.CreateTime), s.record.noun(), s.next())
	case c.CreateTime.After(s.record.createTime) && s.record.ref.Kind == store.TrackingRecord:
		// An order that changes makes a revision of its tracking too, which goes only where
		// that was before.
		return fmt.Sprintf("Not sent: the connection was created at %s, after the tracking record was accepted, and "+
			"what changed since was the order, or the connection took no such records then; %s.",
			at(c.CreateTime), s.next())
	default:
		return fmt.Sprintf("Not sent: the connection was disabled or took no such records when the %s was accepted; "+
			"%s.", s.record.noun(), s.next())
	}
}

// next is what brings a record to a connection that did not get it.
func (s situation) next() string {
	next := fmt.Sprintf("only the next change of the %s, sent with %s, goes there", s.record.noun(), s.record.submit())
	if s.connection.State == store.Disabled {
		return "ResumeConnection enables it, after that " + next
	}
	return next
}

// outdated says that the last delivery ended, and brought an older revision. One that is
// open brings the revision that there is when it goes.
func (s situation) outdated() bool {
	return s.delivery.Covers < s.record.revision && !s.delivery.State.Open()
}

// older: the last delivery is outdated.
func (s situation) older() string {
	d := s.delivery
	before := fmt.Sprintf("it got revision %d last, which is %s", d.Revision, strings.ToLower(stateName(d.State)))
	if d.State == store.Delivered {
		before = fmt.Sprintf("revision %d is there%s since %s", d.Revision, remote(*d), at(d.FinishTime))
	}
	why := fmt.Sprintf("no delivery was made when revision %d was accepted, because the connection was disabled "+
		"or took no such records then", s.record.revision)
	next := ""
	if s.connection == nil {
		why = "the connection is deleted"
	} else {
		next = "; " + s.next()
	}
	return fmt.Sprintf("Revision %d of the %s is not there: %s; %s%s.",
		s.record.revision, s.record.noun(), why, before, next)
}

func (s situation) delivered() string {
	d := s.delivery
	hint := trimmed(d.Hint)
	if s.delivery.Reason == withdrawn {
		told := fmt.Sprintf("Taken back from %s at %s: %s", s.plugin.title, at(d.FinishTime), hint)
		return told + s.deletedSince() + "."
	}
	there := fmt.Sprintf("%s%s at %s", s.plugin.title, remote(*d), at(d.FinishTime))
	var told string
	switch {
	case d.Reason == sameContent:
		told = fmt.Sprintf("Nothing had to be sent: the facts of revision %d are those that %s has%s",
			d.Revision, s.plugin.title, remote(*d))
	case d.Last != nil && d.Last.Outcome == store.OutcomeAlreadyPresent && len(d.Last.DifferingFields) > 0:
		told = fmt.Sprintf("Was there already: %s; what it has differs in %s, correct it there if it matters",
			there, strings.Join(d.Last.DifferingFields, ", "))
	case d.Last != nil && d.Last.Outcome == store.OutcomeAlreadyPresent:
		told = "Was there already: " + there
	default:
		told = "Delivered to " + there
	}
	if d.RemoteURL != "" {
		told += ", see " + d.RemoteURL
	}
	told += s.deletedSince() + "."
	if hint != "" && d.Reason != sameContent {
		told += " Note: " + hint + "."
	}
	return told
}

func (s situation) deletedSince() string {
	if s.connection == nil {
		return "; the connection is deleted since"
	}
	return ""
}

func (s situation) skipped() string {
	d := s.delivery
	switch {
	case d.Reason == "FILTERED" && s.record.orderUnknown && s.connection != nil:
		return "Not sent on purpose: left out by the connection's filter" + s.earlier() +
			"; its order is not known yet: " + s.judgedAgain() + "."
	case d.Reason == "FILTERED":
		return fmt.Sprintf("Not sent on purpose: the filter of the connection leaves it out%s%s.", s.earlier(),
			s.then("change the filter with UpdateConnection and send it with RetryDelivery if it is wanted there"))
	case d.Reason == "PARCEL_VOIDED":
		return fmt.Sprintf("Not sent on purpose: %s%s.", because(d.Reason, d.Hint), s.deletedSince())
	}
	return fmt.Sprintf("Not sent on purpose: %s%s%s.", because(d.Reason, d.Hint), s.earlier(),
		s.then("RetryDelivery sends it through again"))
}

// earlier tells of what an earlier revision left there.
func (s situation) earlier() string {
	if s.delivery.RemoteID == "" {
		return ""
	}
	return "; what an earlier revision brought is still there" + remote(*s.delivery)
}

// judgedAgain: an order that comes later sends tracking again only if it brings
// facts that the connection joins to it, whatever the filter looks at.
func (s situation) judgedAgain() string {
	if s.connection.Takes.Facts == 0 {
		return "once the order came, RetryDelivery has it judged again"
	}
	return fmt.Sprintf("when the order comes, it is judged again, by itself if the order brings facts that go to %s, "+
		"or else with RetryDelivery", s.plugin.title)
}

func (s situation) failed() string {
	d := s.delivery
	if d.Reason == store.FateUnknown { // Submitting it again would not make that known.
		return fmt.Sprintf("Not sent again: %s%s.", because(d.Reason, d.Hint), s.deletedSince())
	}
	mend := "correct the record with " + s.record.submit() + " or the connection with UpdateConnection, which sends " +
		"it again, or send it again with RetryDelivery"
	switch d.FixScope {
	case store.FixRecord:
		mend = "submit the corrected " + s.record.noun() + " with " + s.record.submit() + ", which sends it again"
	case store.FixSettings:
		correct := "correct the connection with UpdateConnection, which sends it again"
		mend = "mend it at " + s.plugin.title + " and use RetryDelivery, or " + correct
		if neverLeft(d.Last) {
			mend = correct + ", or use RetryDelivery"
		}
	case store.FixEither:
	}
	failed := "Failed after " + times(d.Sends, "send")
	if neverLeft(d.Last) {
		failed = "Refused before sending"
		if d.Reason == "TRACKING_NUMBER_INVALID" {
			// The number is the record's identity: one with another number is another
			// record, and this one is not sent again.
			return fmt.Sprintf("%s: %s%s.", failed, because(d.Reason, d.Hint), s.deletedSince())
		}
	}
	return fmt.Sprintf("%s: %s%s.", failed, because(d.Reason, d.Hint), s.then(mend))
}

// neverLeft says that the plugin refused a record without asking its extra
// interface.
func neverLeft(last *store.Attempt) bool {
	return last != nil && last.Outcome == store.OutcomeRejected && last.HTTPStatus == 0 && last.RequestExcerpt == ""
}

func (s situation) cancelled() string {
	if s.connection == nil {
		return fmt.Sprintf("Cancelled at %s, because the connection was deleted.", at(s.delivery.FinishTime))
	}
	return fmt.Sprintf("Cancelled at %s; RetryDelivery sends it after all.", at(s.delivery.FinishTime))
}

// then adds what to do, which is nothing on a deleted connection.
func (s situation) then(what string) string {
	if s.connection == nil {
		return s.deletedSince()
	}
	return "; " + what
}

// because joins a reason and its hint.
func because(reason, hint string) string {
	hint = trimmed(hint)
	switch {
	case reason == "" && hint == "":
		return "no reason was given"
	case hint == "":
		return reason
	case reason == "":
		return hint
	}
	return reason + " (" + hint + ")"
}

// trimmed is a hint without the full stop that the sentence around it sets.
func trimmed(hint string) string { return strings.TrimRight(strings.TrimSpace(hint), ".") }

func remote(d store.Delivery) string {
	if d.RemoteID == "" {
		return ""
	}
	return " as " + d.RemoteID
}

func at(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

func times(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func stateName(state store.DeliveryState) string {
	switch state {
	case store.Pending:
		return "PENDING"
	case store.Blocked:
		return "BLOCKED"
	case store.Delivered:
		return "DELIVERED"
	case store.Skipped:
		return "SKIPPED"
	case store.Failed:
		return "FAILED"
	case store.Superseded:
		return "SUPERSEDED"
	case store.Cancelled:
		return "CANCELLED"
	}
	return "UNKNOWN"
}
