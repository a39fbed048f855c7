package sdk

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// defaultLongestWait is how long a request waits for its turn if Limits does not say.
const defaultLongestWait = 2 * time.Second

// Limits of what an extra interface allows an account, or an account at one of its
// endpoints. A zero field is no limit.
type Limits struct {
	// RequestsPerSecond that may begin.
	RequestsPerSecond float64
	// Burst is how many may begin at once after a pause; 0 means 1.
	Burst int
	// Concurrency is how many are under way at once.
	Concurrency int
	// LongestWait is how long a request waits for its turn here; 0 means two
	// seconds. What would take longer is Throttled, and waits in the host, where it
	// costs nobody anything.
	LongestWait time.Duration
	// Wait reads from an answer how long no request may begin, for extra interfaces
	// that tell it by a code in the body; nil means WaitOf of its status and header.
	// It is called concurrently and does not keep the answer.
	Wait func(answer *Answer, now time.Time) time.Duration
}

// Limiter holds requests back that the extra interface would refuse. All
// connections of an account share one in the process, per name. It is safe for
// concurrent use.
//
// Pace is for records and is kept by the host and the kit. A Limiter is for plugins
// that make several requests for a record, or whose endpoints have limits of their
// own.
type Limiter struct {
	gates  *gates
	key    gateKey
	limits Limits
	http   *Client
	clock  Clock
}

// Limiter returns the limiter of the connection's account with that name. Where the
// limiters of a name have other rates and bursts, as a setting of one connection was
// edited, each request makes its own the ones that hold for all from then on. Another
// concurrency holds once no request of the account is under way or waits. LongestWait
// and Wait are each limiter's own. In an Env that is not the kit's the limiter is
// shared with nobody.
func (e Env) Limiter(name string, limits Limits) *Limiter {
	shared := e.gates
	if shared == nil {
		shared = newGates()
	}
	of := account{id: e.AccountID}
	if of.id == "" {
		of = account{id: e.ConnectionUID, connection: true}
	}
	limits.LongestWait = cmp.Or(limits.LongestWait, defaultLongestWait)
	limits.Burst = max(limits.Burst, 1)
	if limits.Wait == nil {
		limits.Wait = func(a *Answer, now time.Time) time.Duration { return WaitOf(a.Status, a.Header, now) }
	}
	return &Limiter{gates: shared, key: gateKey{of, name}, limits: limits, http: e.HTTP, clock: orSystem(e.Clock)}
}

// Do sends a request when it is its turn, as Client.Do does, and learns from the
// answer how long the account has to wait. An error that FromError reads as
// Throttled means that it was not sent, as its turn would have come too late.
func (l *Limiter) Do(request *http.Request) (*Answer, error) {
	done, err := l.Take(request.Context())
	if err != nil {
		return &Answer{}, err
	}
	answer, err := l.http.Do(request)
	done(answer)
	return answer, err
}

// Take waits for a turn, for requests that Do cannot make. Call done once, with the
// answer, or nil if there was none. Errors are those of Do.
func (l *Limiter) Take(ctx context.Context) (done func(*Answer), err error) {
	g := l.gates.enter(l.key, l.limits, l.clock.Now())
	if err := l.await(ctx, g); err != nil {
		l.gates.leave(g)
		return nil, err
	}
	return func(answer *Answer) {
		if answer != nil && answer.Status != 0 {
			now := l.clock.Now()
			g.hold(now, min(l.limits.Wait(answer, now), longestDelay))
		}
		g.free()
		l.gates.leave(g)
	}, nil
}

// await takes a slot and a token of the gate. An error leaves none taken.
func (l *Limiter) await(ctx context.Context, g *gate) error {
	if err := g.take(ctx); err != nil {
		return safeError(err)
	}
	err := l.pause(ctx, g.heldFor(l.clock.Now()), true) // First, so that no token is taken in vain.
	if err == nil {
		err = l.awaitToken(ctx, g)
	}
	if err != nil {
		g.free()
	}
	return err
}

func (l *Limiter) awaitToken(ctx context.Context, g *gate) error {
	now := l.clock.Now()
	token := g.rate.ReserveN(now, 1)
	ready := now.Add(token.DelayFrom(now))
	for {
		now = l.clock.Now()
		// An answer may have come meanwhile that makes all wait.
		turn, held := ready.Sub(now), g.heldFor(now)
		if max(turn, held) <= 0 {
			return nil
		}
		if err := l.pause(ctx, max(turn, held), held > turn); err != nil {
			token.CancelAt(now)
			return err
		}
	}
}

// pause waits, if that is not too long. Told says that an answer made it wait.
func (l *Limiter) pause(ctx context.Context, delay time.Duration, told bool) error {
	if delay <= 0 {
		return nil
	}
	deadline, bounded := ctx.Deadline()
	if delay > l.limits.LongestWait || bounded && delay >= time.Until(deadline) {
		return &limitedError{delay, told}
	}
	if err := l.clock.Wait(ctx, delay); err != nil {
		return safeError(err)
	}
	return nil
}

// limitedError says that a request was held back, as an earlier answer told it to wait,
// or to keep to the limits of the plugin.
type limitedError struct {
	delay time.Duration
	told  bool
}

func (e *limitedError) Error() string {
	return "held back: the account is limited for " + e.delay.String()
}

func (e *limitedError) result() Result {
	hint := "The request was not sent: the plugin's own pace for the account is used up; the record waits for its turn."
	if e.told {
		hint = "The request was not sent: an earlier answer of the extra interface has the account wait; so does the record."
	}
	return Throttled(e.delay, "RATE_LIMITED", hint)
}

// fewGates is how many gates are kept whatever is in them.
const fewGates = 1024

// gates are those of all accounts of the process.
type gates struct {
	mu    sync.Mutex
	gates map[gateKey]*gate
	// sweepAt is the number of gates at which idle ones are dropped: twice as many as
	// were left the last time, so that it costs each new one next to nothing.
	sweepAt int
}

type gateKey struct {
	account
	name string
}

// gate is what is known of one account under one name.
type gate struct {
	rate *rate.Limiter
	// slots has an element for each request under way; nil means no limit. It changes
	// only while there are no users.
	slots chan struct{}

	users int // Guarded by the mutex of gates.

	mu        sync.Mutex
	notBefore time.Time
}

func newGates() *gates { return &gates{gates: map[gateKey]*gate{}, sweepAt: fewGates} }

// enter returns the gate, which is kept until leave.
func (o *gates) enter(key gateKey, limits Limits, now time.Time) *gate {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.gates[key]
	if g == nil {
		if len(o.gates) >= o.sweepAt {
			o.sweep(now)
		}
		g = &gate{rate: rate.NewLimiter(limits.every(), limits.Burst)}
		o.gates[key] = g
	}
	g.follow(limits, now)
	g.users++
	return g
}

// every is the rate; what is no rate is no limit.
func (l Limits) every() rate.Limit {
	if l.RequestsPerSecond > 0 && !math.IsInf(l.RequestsPerSecond, 0) {
		return rate.Limit(l.RequestsPerSecond)
	}
	return rate.Inf
}

// follow takes figures that differ from those of the gate. The mutex of gates is held.
func (g *gate) follow(limits Limits, now time.Time) {
	if every := limits.every(); every != g.rate.Limit() {
		g.rate.SetLimitAt(now, every)
	}
	if limits.Burst != g.rate.Burst() {
		g.rate.SetBurstAt(now, limits.Burst)
	}
	// Who took a slot has to give it back where it is from.
	if concurrency := max(limits.Concurrency, 0); g.users == 0 && concurrency != cap(g.slots) {
		g.slots = nil
		if concurrency > 0 {
			g.slots = make(chan struct{}, concurrency)
		}
	}
}

// leave ends enter.
func (o *gates) leave(g *gate) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g.users--
}

// sweep drops the gates that know no more than new ones would.
func (o *gates) sweep(now time.Time) {
	for key, g := range o.gates {
		full := g.rate.TokensAt(now) >= float64(g.rate.Burst())
		if g.users == 0 && full && g.heldFor(now) <= 0 {
			delete(o.gates, key)
		}
	}
	o.sweepAt = max(fewGates, 2*len(o.gates))
}

// take waits for a slot until the context ends.
func (g *gate) take(ctx context.Context) error {
	if err := over(ctx); err != nil || g.slots == nil {
		return err
	}
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) free() {
	if g.slots != nil {
		<-g.slots
	}
}

// hold lets nobody begin for a while, if that is longer than what was asked before.
func (g *gate) hold(now time.Time, delay time.Duration) {
	if delay <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := now.Add(delay); until.After(g.notBefore) {
		g.notBefore = until
	}
}

func (g *gate) heldFor(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.notBefore.Sub(now)
}
