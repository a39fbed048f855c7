package orders

import (
	"fmt"
	"slices"

	"github.com/spurline/spurline/server/store"
)

// waitingForOrder is the reason of a tracking record that waits for an order
// nobody submitted yet.
const waitingForOrder = "WAITING_FOR_ORDER"

// pausedByPlugin are reasons of connections whose settings the plugin itself refused, after
// an upgrade or at a delivery: nothing can be mended at its extra interface.
var pausedByPlugin = []string{"SETTINGS_REFUSED", "SETTINGS_INVALID"}

// pending says why a delivery waits, the outermost cause first: what stops the
// whole connection, then its plugin, then its account, then the record itself.
func (s situation) pending() string {
	d, c := s.delivery, s.connection
	switch {
	case !s.sentSince.IsZero():
		return fmt.Sprintf("Is being sent to %s since %s, try %d.", s.plugin.title, at(s.sentSince), d.Sends+1)
	case c == nil:
		return "Waits to be cancelled: the connection is deleted."
	case c.State == store.Disabled:
		return "Waits: the connection is disabled; ResumeConnection sends it."
	case c.State == store.Paused && c.PauseReason == store.PausedByOperator:
		return fmt.Sprintf("Waits: the connection is paused by hand (%s); ResumeConnection sends it.",
			orNone(c.PauseHint, "no note was left"))
	case c.State == store.Paused && c.PauseReason == "SECRET_UNREADABLE":
		return "Waits: this server cannot open the connection's stored secrets; configure the sealing key set they " +
			"were sealed with, or set them again with UpdateConnection, then ResumeConnection."
	case c.State == store.Paused && slices.Contains(pausedByPlugin, c.PauseReason):
		return fmt.Sprintf("Waits: plugin %q does not take the settings of the connection, which is paused: %s; "+
			"correct them with UpdateConnection.%s", s.plugin.name, because(c.PauseReason, c.PauseHint), recheck(*c))
	case c.State == store.Paused:
		return fmt.Sprintf("Waits: %s refuses the connection, which is paused: %s; correct its settings or secrets "+
			"with UpdateConnection, or ResumeConnection once %s takes them again.%s",
			s.plugin.title, because(c.PauseReason, c.PauseHint), s.plugin.title, recheck(*c))
	case s.plugin.trouble != "":
		return fmt.Sprintf("Waits: plugin %q %s; it goes on by itself as soon as the plugin is READY, "+
			"PluginService.GetPlugin shows it.", s.plugin.name, s.plugin.trouble)
	case s.full:
		return "Waits: the server's disk is full, and what room it has left is kept for the outcomes of what is under " +
			"way; free space on it, then this goes by itself."
	case c.NotBefore.After(s.now):
		return fmt.Sprintf("Waits until %s: %s; it goes on by itself.%s", at(c.NotBefore), s.limit(), s.lastTry())
	case !s.outage.Since.IsZero():
		return fmt.Sprintf("Waits: %s is out of order since %s (%s); one delivery tries it at %s, and all go when it "+
			"takes that%s. It goes on by itself; if %s works for others, see what it answered.%s",
			s.plugin.title, at(s.outage.Since), s.outage.Reason, at(s.outage.Probe), s.notBefore(), s.plugin.title,
			s.lastTry())
	case c.Probing:
		return fmt.Sprintf("Waits for its turn: %s takes the connection again after it had refused it, and gets one "+
			"delivery at a time until it has taken one.%s", s.plugin.title, s.lastTry())
	case d.Reason == waitingForOrder && d.Due.After(s.now):
		return fmt.Sprintf("Waits until %s for its order, which was not submitted yet; it goes as soon as the order "+
			"comes, or then without it.", at(d.Due))
	case d.Due.After(s.now):
		return fmt.Sprintf("Waits for its next try at %s; RetryDelivery tries now.%s", at(d.Due), s.lastTry())
	default:
		return fmt.Sprintf("Waits for its turn, due since %s.%s", at(d.Due), s.lastTry())
	}
}

// limit says who makes the account wait. A plugin that holds a record back before it
// asked anybody has no answer to show; which of both it was is not known if the account
// waits because of another record.
func (s situation) limit() string {
	switch last := s.delivery.Last; {
	case last == nil || last.Outcome != store.OutcomeThrottled:
		return fmt.Sprintf("%s limits the account, or the plugin's own pace holds it back", s.plugin.title)
	case last.HTTPStatus == 0:
		return "held back by the plugin's own pace for the account"
	default:
		return s.plugin.title + " limits the account"
	}
}

// recheck says when a paused connection is tested again by itself.
func recheck(c store.Connection) string {
	if c.RecheckTime.IsZero() {
		return ""
	}
	return fmt.Sprintf(" They are tested again by themselves at %s.", at(c.RecheckTime))
}

// notBefore adds when the delivery itself may go, if that is later.
func (s situation) notBefore() string {
	if !s.delivery.Due.After(s.now) {
		return ""
	}
	return ", this one not before " + at(s.delivery.Due)
}

// blocked: a tracking record waits for the delivery of its order.
func (s situation) blocked() string {
	told := fmt.Sprintf("Waits until its order is at %s; see the order's own delivery on this connection: "+
		"if that failed, mend it, and this goes by itself", s.plugin.title)
	switch c := s.connection; {
	case c == nil || c.State == store.Active:
	case c.State == store.Disabled:
		told += "; the connection is disabled and sends nothing, ResumeConnection enables it"
	default:
		told += "; the connection is paused and sends nothing, GetConnection says why and what to do"
	}
	return told + "."
}

// lastTry tells of the last attempt, if there was one.
func (s situation) lastTry() string {
	last := s.delivery.Last
	if last == nil {
		return ""
	}
	return fmt.Sprintf(" Try %d ended %s with %s.",
		last.Number, at(last.Start.Add(last.Duration)), because(orNone(last.Reason, last.Outcome.String()), last.Hint))
}

func orNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}
