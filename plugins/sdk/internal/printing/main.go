// Command printing is a plugin for the tests of the process: it prints where it
// should not, its deliveries wait for the time that their id names, and the key "hang"
// makes New hang.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
)

type settings struct {
	Key sdk.Secret `setting:"api_key" title:"API key"`
}

type printer struct {
	env sdk.Env
	key sdk.Secret
}

// CheckConnection implements sdk.Checker: a key that is "bad" is refused.
func (p *printer) CheckConnection(context.Context) sdk.CheckResult {
	if p.key.Reveal() == "bad" {
		return sdk.CheckFaulty(sdk.Fault{Field: "api_key", Reason: "KEY_REFUSED", Hint: "Enter a better one."})
	}
	return sdk.CheckOK("a-1", "Printers", "The paper is low.")
}

// PreviewTracking implements sdk.TrackingPreviewer. It shows the key, which the kit
// has to mask.
func (p *printer) PreviewTracking(d *sdk.TrackingDelivery) (sdk.Preview, error) {
	number := d.Record.GetParcel().GetTrackingNumber()
	if number == "" {
		return sdk.Preview{}, errors.New("there is no number to print with " + p.key.Reveal())
	}
	return sdk.Preview{Requests: []sdk.PreviewedRequest{{
		Method: "PRINT", URL: "lpt1:", Body: p.key.Reveal() + " " + number,
	}}}, nil
}

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
		New: func(env sdk.Env, s settings) (*printer, error) {
			_, _ = io.WriteString(os.Stdout, "printed to stdout\n")
			if s.Key.Reveal() == "hang" {
				_, _ = io.WriteString(os.Stderr, "hangs\n")
				<-time.After(time.Hour)
			}
			return &printer{env, s.Key}, nil
		},
	})
}
