package sdk

import (
	"context"
	"errors"
	"time"
)

// work is what a verb does.
type work func(context.Context, *definition, *arguments) error

// endGrace is how long the plugin's code may take to heed Ctrl-C.
const endGrace = time.Second

// promptly is work that does not outlive its context for longer than endGrace, though the
// plugin's code may hang in it or nobody write its input. The process ends then.
func promptly(run work) work {
	return func(ctx context.Context, d *definition, a *arguments) error {
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, d, a) }()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
		}
		timer := time.NewTimer(endGrace)
		defer timer.Stop()
		select {
		case err := <-ended:
			return err
		case <-timer.C:
			return errors.New("interrupted before it was done")
		}
	}
}
