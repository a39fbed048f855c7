// Command printing is a plugin for the tests of the process: it prints where it
// should not, and its deliveries wait for the time that their id names.
package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
)

type settings struct {
	Key sdk.Secret `setting:"api_key" title:"API key"`
}

type printer struct{ env sdk.Env }

// ForwardTracking implements sdk.TrackingForwarder.
func (p *printer) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	p.env.Logger.Info("delivery", "id", d.ID)
	wait, err := time.ParseDuration(d.ID)
	if err != nil {
		return sdk.Delivered("r")
	}
	select {
	case <-time.After(wait):
		return sdk.Delivered("late")
	case <-ctx.Done():
		return sdk.FromError(ctx.Err(), false)
	}
}

func main() {
	sdk.Main(sdk.Plugin[settings, *printer]{
		Name: "printing", Version: "1.2.3", Title: "Printing",
		New: func(env sdk.Env, _ settings) (*printer, error) {
			_, _ = io.WriteString(os.Stdout, "printed to stdout\n")
			return &printer{env}, nil
		},
	})
}
