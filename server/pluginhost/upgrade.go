package pluginhost

import (
	"context"
	"fmt"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// UpgradeState is what became of an upgrade.
type UpgradeState int

// The states of an upgrade.
const (
	// UpgradeNone: there was none in this run, or what was not taken is no longer on disk.
	UpgradeNone UpgradeState = iota
	// UpgradeRunning: the new version is being started beside the old one.
	UpgradeRunning
	// UpgradeDone: the new version takes the calls.
	UpgradeDone
	// UpgradeRefused: the old one goes on, because the binary or what the new
	// version says is refused, or connections do not suit it.
	UpgradeRefused
	// UpgradeFailed: the old one goes on, because the new one did not start, or did not
	// answer what it was asked about settings.
	UpgradeFailed
	// UpgradeRolledBack: the old one is back, because the new one used up its
	// crash budget before it was stable.
	UpgradeRolledBack
)

// String returns the name of the state, upper case.
func (s UpgradeState) String() string {
	switch s {
	case UpgradeNone:
		return "NONE"
	case UpgradeRunning:
		return "RUNNING"
	case UpgradeDone:
		return "DONE"
	case UpgradeRefused:
		return "REFUSED"
	case UpgradeFailed:
		return "FAILED"
	case UpgradeRolledBack:
		return "ROLLED_BACK"
	default:
		return fmt.Sprintf("UpgradeState(%d)", int(s))
	}
}

// Upgrade is an exchange of a plugin's binary while the host runs.
type Upgrade struct {
	// State says what became of it, Reason why, for the operator.
	State  UpgradeState
	Reason string
	// Time when the state was entered.
	Time time.Time
	// FromVersion was replaced, or was to be; FromSHA256 is its binary.
	FromVersion, FromSHA256 string
	// ToSHA256 is the binary that came, or was to come.
	ToSHA256 string
	// Settled says that the new version was stable, so that the old one does not
	// come back any more.
	Settled bool
}

// Change is another version of a plugin that is ready to take over.
type Change struct {
	// Plugin is its name.
	Plugin string
	// Old and New are the descriptions. Do not change them.
	Old, New *pluginv1.Description
	// Pause the connections that New refuses, rather than return an error.
	Pause bool
	// CheckOld and CheckNew ask the versions what is wrong with settings, until the
	// review returns. The old one may not run. Contexts must have a deadline; for errors
	// see Host.CheckSettings. They may be called concurrently.
	CheckOld, CheckNew func(context.Context, *pluginv1.CheckSettingsRequest) (*pluginv1.CheckSettingsResponse, error)
}

// Upgrade takes the binary that is on disk now: its process is started beside the
// old one, described and reviewed (see OnChange); then it takes the calls, and the
// old process ends with its last call. If anything is wrong with it, the old one goes
// on and the error says what. Nothing is lost and nothing goes to both. If the new
// version uses up its crash budget before it was stable, the old one comes back.
//
// With pause, connections that the new version refuses are paused. A plugin that waits
// in BACKOFF or QUARANTINED is started at once, from the binary on disk. For the errors
// see Restart. A binary that has not changed is no error.
func (h *Host) Upgrade(ctx context.Context, name, reason string, pause bool) error {
	o := newOrder(orderUpgrade, reason)
	o.pause = pause
	return h.order(ctx, name, o)
}

// OnChange registers the function that is asked before another version of a plugin
// takes calls. Its error keeps the version away and reads as the reason: it is refused
// (ErrRefused), or with ErrUnanswered counts as one that did not start. It is called
// beside the goroutine that supervises the plugin, while the old version, if it runs,
// takes calls. Register before Run.
func (h *Host) OnChange(review func(context.Context, Change) error) { h.hooks.review = review }

func (s *supervisor) noteUpgrade(u Upgrade) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.Time = time.Now()
	s.status.Upgrade = u
}

func (s *supervisor) endUpgrade(state UpgradeState, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == UpgradeRefused && s.status.Upgrade.State != UpgradeRunning {
		// The binary itself was refused: nothing is known of it.
		s.status.Upgrade = Upgrade{}
	}
	s.status.Upgrade.State, s.status.Upgrade.Reason, s.status.Upgrade.Time = state, oneLine(reason), time.Now()
}

// forgetRefusal ends what is told of an upgrade that was not taken: the binary on disk is
// again one that runs, so nothing is left to be mended.
func (s *supervisor) forgetRefusal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.status.Upgrade.State {
	case UpgradeRefused, UpgradeFailed:
		s.status.Upgrade = Upgrade{}
	case UpgradeNone, UpgradeRunning, UpgradeDone, UpgradeRolledBack:
	}
}

// fallBackTo makes next the binary that is started from now on, and before the one that
// comes back if next is not stable.
func (s *supervisor) fallBackTo(before, next *binary) {
	stale := s.fallback
	s.fallback, s.admitted = before, next
	s.dropUnless(stale, before, next)
}

// settle ends the time in which the binary before comes back.
func (s *supervisor) settle() {
	stale := s.fallback
	s.fallback = nil
	s.dropUnless(stale, s.admitted)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Upgrade.Settled = s.status.Upgrade.State == UpgradeDone
}

// dropUnless removes the copy of a binary, unless it is one of those that are needed.
func (s *supervisor) dropUnless(stale *binary, needed ...*binary) {
	if stale == nil {
		return
	}
	for _, b := range needed {
		if b != nil && b.path == stale.path {
			return
		}
	}
	s.depot.drop(*stale)
}

// rollBack goes back to the binary before an upgrade whose process is not stable; false
// if there is none.
func (s *supervisor) rollBack(ended error) bool {
	if s.fallback == nil || s.fallback.verify() != nil {
		return false
	}
	s.admitted, s.fallback = s.fallback, nil
	s.budget = newBudget(s.options.Timings)
	s.endUpgrade(UpgradeRolledBack, "the new version was not stable: "+ended.Error())
	s.enter(Backoff, "the version before the upgrade is taken again: "+ended.Error())
	return true
}
