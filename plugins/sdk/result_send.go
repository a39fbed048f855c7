package sdk

import (
	"log/slog"

	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

const (
	// mostExcerpt is the most bytes of a text for humans.
	mostExcerpt = 2 << 10
	// mostRemote is the most bytes of what names the record remotely.
	mostRemote = 2 << 10
)

// message is the result as it leaves the process, without the state of the
// connection.
func (r Result) message(id string, m masker, logger *slog.Logger) *pluginv1.DeliveryResult {
	if r.outcome == pluginv1.Outcome_OUTCOME_UNSPECIFIED {
		r = Unknown("RESULT_MISSING", "The plugin returned no result; its author has to mend that.")
	}
	result := &pluginv1.DeliveryResult{
		DeliveryId:      id,
		Outcome:         r.outcome,
		Hint:            m.excerpt(r.hint),
		FixScope:        r.fix,
		RequestExcerpt:  m.excerpt(r.exchange.Request),
		ResponseExcerpt: m.excerpt(r.exchange.Response),
		HttpStatus:      uint32(max(r.exchange.HTTPStatus, 0)),
		RemoteId:        m.begin(r.remoteID, mostRemote),
		RemoteUrl:       m.begin(r.remoteURL, mostRemote),
		RecordOnly:      r.alone,
	}
	if r.outcome != pluginv1.Outcome_OUTCOME_DELIVERED || r.reason != "" {
		result.Reason = stableReason(m.text(r.reason))
	}
	for _, name := range r.differing {
		result.DifferingFields = append(result.DifferingFields, m.excerpt(name))
	}
	if r.delay > 0 {
		result.Delay = durationpb.New(r.delay)
	}
	switch {
	case !r.hasState:
	case len(r.state) > mostState:
		logger.Error("state of a record is too large and not kept",
			slog.String("delivery", id), slog.Int("bytes", len(r.state)))
	default:
		result.State = append([]byte{}, r.state...)
	}
	return result
}
