package sdk

import (
	"context"
	"time"
)

// deadline is when the time of deliveries is over, with a context that ends then.
type deadline struct {
	at  time.Time
	ctx context.Context //nolint:containedctx // Many deliveries share one.
}

// deadlines are those of a call, whose deliveries mostly have one and the same. The
// zero value is ready.
type deadlines struct {
	last  deadline
	known map[time.Time]deadline
}

// until returns the deadline at that time. Its context ends with ctx at the latest.
func (d *deadlines) until(ctx context.Context, at time.Time) deadline {
	if d.last.ctx != nil && d.last.at.Equal(at) {
		return d.last
	}
	found, ok := d.known[at]
	if !ok {
		bounded, cancel := context.WithDeadline(ctx, at)
		context.AfterFunc(ctx, cancel)
		found = deadline{at, bounded}
		if d.known == nil {
			d.known = map[time.Time]deadline{}
		}
		d.known[at] = found
	}
	d.last = found
	return found
}
