package sdk

import (
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Preview is what would be sent for one delivery.
type Preview struct {
	// Requests in the order of sending; none if nothing would be sent.
	Requests []PreviewedRequest
	// Notes are what the operator should know, such as why nothing is sent.
	Notes []string
}

// PreviewedRequest is one request to the extra interface. Secrets of the
// connection in it are masked by the kit.
type PreviewedRequest struct {
	// Method of HTTP or the like.
	Method string
	// URL it goes to.
	URL string
	// Body as readable text.
	Body string
}

func (p Preview) message(m masker) *pluginv1.PreviewResponse {
	response := &pluginv1.PreviewResponse{}
	for _, request := range p.Requests {
		response.Requests = append(response.Requests, &pluginv1.PreviewedRequest{
			Method: m.text(request.Method), Url: m.text(request.URL), Body: m.text(request.Body),
		})
	}
	for _, note := range p.Notes {
		response.Notes = append(response.Notes, m.text(note))
	}
	return response
}
