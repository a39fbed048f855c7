package pluginhost

import (
	"time"

	"github.com/cenkalti/backoff/v5"
)

// budget decides how long to wait after a crash. Not safe for concurrent use.
type budget struct {
	timings Timings
	backoff *backoff.ExponentialBackOff
	// crashes within the window, oldest first.
	crashes []time.Time
	// probing means that the last start came out of quarantine and has not
	// proved stable yet.
	probing bool
}

func newBudget(timings Timings) *budget {
	return &budget{timings: timings, backoff: &backoff.ExponentialBackOff{
		InitialInterval:     timings.BackoffFirst,
		RandomizationFactor: backoff.DefaultRandomizationFactor,
		Multiplier:          2,
		MaxInterval:         timings.BackoffMost,
	}}
}

// crashed counts a process that ended at now after it was ready for a while (0:
// never), and returns the wait before the next one and whether the plugin
// spends it in quarantine.
func (b *budget) crashed(now time.Time, ready time.Duration) (wait time.Duration, quarantined bool) {
	if ready >= b.timings.Stable {
		b.backoff.Reset()
		b.probing = false
	}
	kept := b.crashes[:0]
	for _, at := range b.crashes {
		if now.Sub(at) < b.timings.CrashWindow {
			kept = append(kept, at)
		}
	}
	b.crashes = append(kept, now)
	if b.probing || len(b.crashes) >= b.timings.CrashBudget {
		return b.quarantine(), true
	}
	return min(b.backoff.NextBackOff(), b.timings.BackoffMost), false
}

// quarantine returns the wait of a plugin that more starts do not mend. The
// start after it is a probe: if it fails too, the plugin goes straight back.
func (b *budget) quarantine() time.Duration {
	b.probing = true
	b.crashes = b.crashes[:0]
	b.backoff.Reset()
	return b.timings.Quarantine
}
