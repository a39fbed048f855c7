package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spurline/spurline/plugins/sdk"
)

// PreviewOrder shows the request that CopyOrder would make.
func (s *Sender) PreviewOrder(d *sdk.OrderDelivery) (sdk.Preview, error) {
	e, err := s.orderEvent(d)
	return s.preview(e, err)
}

// PreviewTracking shows the request that ForwardTracking would make.
func (s *Sender) PreviewTracking(d *sdk.TrackingDelivery) (sdk.Preview, error) {
	e, err := s.trackingEvent(d)
	return s.preview(e, err)
}

func (s *Sender) preview(e event, err error) (sdk.Preview, error) {
	switch {
	case !s.wanted[e.kind]:
		note := fmt.Sprintf("Nothing is sent: event_types has no %s, only %s.", e.kind, s.wanted)
		return sdk.Preview{Notes: []string{note}}, nil
	case err != nil:
		return sdk.Preview{}, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, e.body, "", "  "); err != nil {
		return sdk.Preview{}, fmt.Errorf("indent body: %w", err)
	}
	signatures := "v1,… of signing_secret"
	if s.rotating() {
		signatures += " and v1,… of previous_signing_secret"
	}
	notes := []string{
		"Content-Type: application/json",
		"User-Agent: spurline-webhook/" + Version,
		headerID + ": " + e.id,
		headerTimestamp + ": the time of the attempt, in seconds since 1970",
		headerSignature + ": " + signatures + ", over the id, the timestamp and the body",
	}
	if s.further.name != "" {
		notes = append(notes, fmt.Sprintf("%s: %s", s.further.name, s.further.value))
	}
	notes = append(notes, "The body is sent without the white space between its members.")
	return sdk.Preview{
		Requests: []sdk.PreviewedRequest{{Method: http.MethodPost, URL: s.endpoint.url.String(), Body: indented.String()}},
		Notes:    notes,
	}, nil
}
