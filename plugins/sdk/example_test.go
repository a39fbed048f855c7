package sdk_test

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
)

type acmeSettings struct {
	Key  sdk.Secret `setting:"api_key" title:"API key" help:"In Acme under Settings, API." required:"true"`
	Base string     `setting:"base_url" title:"Address" kind:"url" default:"https://api.acme.example"`
}

type acme struct {
	env      sdk.Env
	settings acmeSettings
}

func (a *acme) ForwardTracking(ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
	number := d.Record.GetParcel().GetTrackingNumber()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, a.settings.Base+"/parcels", strings.NewReader(number))
	if err != nil {
		return sdk.Rejected("ADDRESS_INVALID", "Correct the address.").FixBySettings()
	}
	request.Header.Set("Authorization", "Bearer "+a.settings.Key.Reveal())
	answer, err := a.env.HTTP.Do(request)
	if err != nil {
		return sdk.FromError(err, answer.Written)
	}
	return sdk.FromHTTP(answer.Status, answer.Header, time.Now()).WithExchange(sdk.Exchange{
		HTTPStatus: answer.Status, Request: number, Response: string(answer.Body),
	})
}

// A whole plugin: run by the Spurline server, it puts tracking numbers to Acme.
func Example() {
	sdk.Main(sdk.Plugin[acmeSettings, *acme]{
		Name: "acme", Version: "1.0.0", Title: "Acme", SetupSteps: []string{"Make an API key in Acme."},
		New: func(env sdk.Env, s acmeSettings) (*acme, error) { return &acme{env, s}, nil },
	})
}
