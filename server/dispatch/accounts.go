package dispatch

import (
	"slices"
	"time"
)

// accountKey names an account: what CheckConnection named, or the connection
// itself until then. Other settings may lead to another account, so that what is
// known of one ends with them.
type accountKey struct {
	plugin                 string
	account                string
	connection, generation int64
}

func (l *loop) accountOf(lane *lane) *account {
	if lane.account != nil && lane.accountBy == lane.connection {
		lane.account.follow(lane.description.GetPace(), time.Now())
		return lane.account
	}
	key := accountKey{plugin: lane.connection.Plugin, account: lane.connection.AccountID}
	if key.account == "" {
		key.connection, key.generation = lane.key, lane.connection.Generation
	}
	known, ok := l.accounts[key]
	if !ok {
		known = newAccount(lane.description.GetPace(), time.Now(), lane.before)
		l.accounts[key] = known
	}
	known.follow(lane.description.GetPace(), time.Now())
	if lane.account != known {
		l.leaveAccount(lane)
		lane.account, lane.accountKey = known, key
		known.lanes++
	}
	lane.accountBy = lane.connection
	if lane.connection.NotBefore.After(known.notBefore) {
		known.notBefore = steady(time.Now(), lane.connection.NotBefore)
		l.d.gauges.throttle(key, known.notBefore)
	}
	return known
}

// leaveAccount takes the lane out of its account. What no lane is left of is forgotten,
// but for what a connection that comes later must still keep to.
func (l *loop) leaveAccount(lane *lane) {
	if lane.account == nil {
		return
	}
	if lane.account.lanes--; lane.account.lanes == 0 {
		l.left = append(l.left, lane.accountKey)
	}
	lane.account = nil
	now := time.Now()
	l.left = slices.DeleteFunc(l.left, func(key accountKey) bool {
		account, known := l.accounts[key]
		switch {
		case !known || account.lanes > 0:
			return true
		case key.connection == 0 && !account.idle(now):
			return false
		}
		delete(l.accounts, key)
		l.d.gauges.throttle(key, time.Time{})
		return true
	})
}

// releaseHeld looks at the lanes that waited for room at their account.
func (l *loop) releaseHeld(account *account) {
	for held := range account.held {
		delete(account.held, held)
		l.lookAt(held, time.Now())
	}
}
