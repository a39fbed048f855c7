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
// connection in it are masked by the kit. Bodies are cut to 64 KiB, and 20
// requests and notes are shown.
type PreviewedRequest struct {
	// Method of HTTP or the like.
	Method string
	// URL it goes to.
	URL string
	// Body as readable text.
	Body string
}

// Bounds of a preview, well below what a call can carry.
const (
	mostPreviewed   = 20
	mostPreviewBody = 64 << 10
)

func (p Preview) message(m masker) *pluginv1.PreviewResponse {
	response := &pluginv1.PreviewResponse{}
	for _, request := range p.Requests[:min(len(p.Requests), mostPreviewed)] {
		response.Requests = append(response.Requests, &pluginv1.PreviewedRequest{
			Method: m.excerpt(request.Method), Url: m.excerpt(request.URL), Body: cut(m.text(request.Body), mostPreviewBody),
		})
	}
	for _, note := range p.Notes[:min(len(p.Notes), mostPreviewed)] {
		response.Notes = append(response.Notes, m.excerpt(note))
	}
	return response
}
