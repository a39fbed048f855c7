package pluginhost_test

import (
	"context"
	"errors"
	"log/slog"
	"time"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/pluginhost"
)

func ExampleHost() {
	host, err := pluginhost.New(pluginhost.Options{
		Dirs:     []string{"/usr/lib/spurline"},
		StateDir: "/var/lib/spurline",
		Logger:   slog.Default(),
	})
	if err != nil {
		slog.Error("no plugins", "error", err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Run(ctx) }()

	call, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request := &pluginv1.ForwardTrackingRequest{}
	err = host.ForwardTracking(call, "aftership", request, func(result *pluginv1.DeliveryResult) {
		slog.Info("result", "delivery", result.GetDeliveryId(), "outcome", result.GetOutcome())
	})
	switch {
	case errors.Is(err, pluginhost.ErrUnavailable):
		// Nothing was sent: the records wait for the plugin.
	case errors.Is(err, pluginhost.ErrLost):
		// Records without a result may have arrived. If the error is a LostError,
		// one of them may be to blame: Host.Isolation finds out.
	case err != nil:
		// Records without a result are UNKNOWN.
	}

	stop()
	if err := <-ended; err == nil {
		slog.Info("drained, no process is left")
	}
}
