package dispatch

import (
	"math"
	"time"

	"golang.org/x/time/rate"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// account is what an outside system limits: it has a pace, a number of
// deliveries that may be under way, and a time before which nothing goes.
// Connections of one account share it (promise P5). It belongs to the loop.
type account struct {
	// pace is what the plugin asked for when the limits below were set.
	pace    *pluginv1.PaceHints
	limiter *rate.Limiter
	// most is the concurrency that the plugin asks for, allowed what it is now:
	// halved when throttled, growing back with what arrives.
	most, allowed int
	// underWay counts deliveries given to the plugin, promised those that a
	// running fetch may still find.
	underWay, promised int
	notBefore          time.Time
	// lanes is how many are of it.
	lanes int
	// halved is when allowed was last halved.
	halved time.Time
	// held are lanes that wait for something of the account to end.
	held map[*lane]struct{}
}

// Pace of plugins that give no hint.
const (
	defaultRate        = 10
	defaultConcurrency = 8
)

// newAccount returns an account without anything under way. One that is known from
// before has no burst at first: this process does not know what went to it a moment
// ago.
func newAccount(pace *pluginv1.PaceHints, now time.Time, before bool) *account {
	perSecond, burst, most := limits(pace)
	a := &account{
		pace: pace, limiter: rate.NewLimiter(perSecond, burst), most: most, allowed: most, held: map[*lane]struct{}{},
	}
	if before {
		a.limiter.AllowN(now, burst)
	}
	return a
}

// limits are those that a plugin asks for, or the defaults.
func limits(pace *pluginv1.PaceHints) (perSecond rate.Limit, burst, concurrency int) {
	perSecond = rate.Limit(pace.GetRequestsPerSecond())
	if perSecond <= 0 {
		perSecond = defaultRate
	}
	concurrency = int(pace.GetConcurrency())
	if concurrency <= 0 {
		concurrency = defaultConcurrency
	}
	return perSecond, max(int(pace.GetBurst()), 1), concurrency
}

// follow takes over what another version of the plugin asks for.
func (a *account) follow(pace *pluginv1.PaceHints, now time.Time) {
	if pace == a.pace || pace == nil {
		return
	}
	perSecond, burst, most := limits(pace)
	a.pace = pace
	a.limiter.SetLimitAt(now, perSecond)
	a.limiter.SetBurstAt(now, burst)
	if a.allowed == a.most {
		a.allowed = most
	}
	a.most, a.allowed = most, min(a.allowed, most)
}

// room returns how many deliveries may go now. If none, it returns when to ask
// again, or the zero time if that depends on deliveries under way.
func (a *account) room(now time.Time) (int, time.Time) {
	if now.Before(a.notBefore) {
		return 0, a.notBefore
	}
	free := a.allowed - a.underWay - a.promised
	if free <= 0 {
		return 0, time.Time{}
	}
	tokens := a.limiter.TokensAt(now) - float64(a.promised)
	if tokens < 1 {
		missing := (1 - tokens) / float64(a.limiter.Limit())
		return 0, now.Add(time.Duration(math.Ceil(missing * float64(time.Second))))
	}
	return min(free, int(tokens)), time.Time{}
}

// idle says whether nothing of the account is in use, so that nobody has to keep to
// anything of it.
func (a *account) idle(now time.Time) bool {
	return a.underWay == 0 && a.promised == 0 && !now.Before(a.notBefore) &&
		a.limiter.TokensAt(now) >= float64(a.limiter.Burst())
}

// promise sets room aside for a fetch; keep turns what it found into deliveries
// under way and gives the rest back. Only those that are sent count for the pace.
func (a *account) promise(n int) { a.promised += n }

func (a *account) keep(now time.Time, promised, found, sends int) {
	a.promised -= promised
	a.underWay += found
	a.limiter.AllowN(now, sends)
}

// done takes note that a delivery is not under way any more.
func (a *account) done(arrived bool) {
	a.underWay--
	if arrived && a.allowed < a.most {
		a.allowed++
	}
}

// throttle keeps the account still until a time and halves its concurrency, once
// per window: the answers to what was sent before the last halving all say the same.
func (a *account) throttle(now, until, sent time.Time) {
	if until.After(a.notBefore) {
		a.notBefore = until
	}
	if sent.After(a.halved) {
		a.allowed = max(a.allowed/2, 1)
		a.halved = now
	}
}
