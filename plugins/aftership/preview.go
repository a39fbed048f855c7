package aftership

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spurline/spurline/plugins/sdk"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// PreviewTracking shows the request that ForwardTracking would begin with. It
// calls nobody, so it cannot tell what AfterShip would answer.
func (f *Forwarder) PreviewTracking(d *sdk.TrackingDelivery) (sdk.Preview, error) {
	sent, err := f.gather(d.Record)
	t := f.trip(d, sent)
	voided := isVoided(d.Record)
	switch {
	case voided && t.remoteID() == "" && !t.mayHaveArrived():
		return sdk.Preview{Notes: []string{"Nothing is sent: the parcel was voided before it was sent."}}, nil
	case err != nil:
		//nolint:nilerr // What keeps a record from being sent is what the preview shows.
		return sdk.Preview{Notes: []string{"Nothing is sent: " + err.Error() + "."}}, nil
	}
	begin, notes := t.begin(voided)
	shown, err := f.previewed(begin)
	if err != nil {
		return sdk.Preview{}, err
	}
	notes = append(notes, fmt.Sprintf("The API key goes in the header %s and is not shown.",
		f.client.generation.keyHeader))
	if sent.slug == "" && !voided {
		notes = append(notes, "No courier is mapped, so AfterShip detects it from the number and the enabled couriers.")
	}
	if !f.sendContact {
		notes = append(notes, contactOff+".")
	}
	for _, warning := range sent.warnings {
		notes = append(notes, warning+".")
	}
	return sdk.Preview{Requests: []sdk.PreviewedRequest{shown}, Notes: notes}, nil
}

// begin is the first request of a delivery.
func (t *trip) begin(voided bool) (request, []string) {
	c, id := t.f.client, t.remoteID()
	look := func() request {
		if id != "" {
			return c.getRequest(id)
		}
		return c.findRequest(t.sent.number)
	}
	switch {
	case voided && t.kept.Made == madeByUs && id != "":
		return c.deleteRequest(id), []string{"The parcel was voided: its tracking is deleted at AfterShip."}
	case voided:
		return look(), []string{"The parcel was voided: its tracking is deleted at AfterShip if Spurline made it."}
	case id != "" && t.kept.Made != madeByUs:
		return look(), []string{"The tracking at AfterShip may be somebody else's: it is looked at before it is written to."}
	case id != "":
		return c.updateRequest(id, t.sent, t.without), nil
	case t.mayHaveArrived() && len(t.f.slugs) > 0:
		return look(), []string{"An earlier send may have arrived, perhaps under another courier: it is looked for first."}
	default:
		return c.createRequest(t.sent, t.without), nil
	}
}

func (f *Forwarder) previewed(r request) (sdk.PreviewedRequest, error) {
	shown := sdk.PreviewedRequest{Method: r.endpoint.method, URL: f.client.url(r)}
	if r.body == nil {
		return shown, nil
	}
	raw, err := encode(r.body)
	if err != nil {
		return shown, fmt.Errorf("encode body: %w", err)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "  "); err != nil {
		return shown, fmt.Errorf("indent body: %w", err)
	}
	shown.Body = indented.String()
	return shown, nil
}

// isVoided says that the parcel's label was voided.
func isVoided(record *pluginv1.TrackingRecord) bool {
	return record.GetParcel().GetStatus() == commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
}
