package sdk

import (
	"slices"
	"sync"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// tokenRequests counts the requests for tokens of the process by their credentials,
// where there is a bound. It is safe for concurrent use; the requests of one set of
// credentials come one after the other.
type tokenRequests struct {
	mu      sync.Mutex
	windows map[string]*tokenWindow
}

// tokenWindow is what is remembered of one set of credentials.
type tokenWindow struct {
	// times are those of the last requests, the oldest first, no more than the bound.
	times []time.Time
	// blocked is when a block ends that the authority told of.
	blocked time.Time
	// idle is when all of it is of no more use.
	idle time.Time
}

func newTokenRequests() *tokenRequests { return &tokenRequests{windows: map[string]*tokenWindow{}} }

// bounded says whether the settings have a bound.
func (s OAuthSettings) bounded() bool { return s.MostRequests > 0 && s.Window > 0 }

// wait is how long no request may be made.
func (o *tokenRequests) wait(key string, settings OAuthSettings, now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	window := o.windows[key]
	if !settings.bounded() || window == nil {
		return 0
	}
	wait := min(window.blocked.Sub(now), longestDelay)
	if n := len(window.times); n >= settings.MostRequests {
		room := window.times[n-settings.MostRequests].Add(settings.Window).Sub(now)
		wait = max(wait, min(room, settings.Window)) // A clock may have been set back.
	}
	return wait
}

// add counts a request.
func (o *tokenRequests) add(key string, settings OAuthSettings, now time.Time) {
	if !settings.bounded() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	window := o.window(key, now)
	window.times = append(slices.DeleteFunc(window.times, func(t time.Time) bool {
		return now.Sub(t) >= settings.Window
	}), now)
	if over := len(window.times) - settings.MostRequests; over > 0 {
		window.times = slices.Delete(window.times, 0, over)
	}
	window.keepUntil(now.Add(settings.Window))
}

// hold keeps to a block that the authority told of: each connection that would find
// out for itself would prolong it.
func (o *tokenRequests) hold(key string, settings OAuthSettings, now time.Time, err error) {
	means, known := resultOf(err)
	if !settings.bounded() || !known || means.Outcome() != pluginv1.Outcome_OUTCOME_THROTTLED {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	window := o.window(key, now)
	window.blocked = now.Add(min(means.Delay(), longestDelay))
	window.keepUntil(window.blocked)
}

// window returns the one of the credentials. Many are kept only while they count.
func (o *tokenRequests) window(key string, now time.Time) *tokenWindow {
	window := o.windows[key]
	if window == nil {
		if len(o.windows) >= mostTokens {
			for key, old := range o.windows {
				if !now.Before(old.idle) {
					delete(o.windows, key)
				}
			}
		}
		window = &tokenWindow{}
		o.windows[key] = window
	}
	return window
}

func (w *tokenWindow) keepUntil(t time.Time) {
	if t.After(w.idle) {
		w.idle = t
	}
}
