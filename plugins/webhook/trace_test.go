package webhook

import (
	"slices"
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
)

// TestReceiverSeesTheTrace: the receiver gets the traceparent of a delivery that has one,
// unless the merchant's own header is of that name.
func TestReceiverSeesTheTrace(t *testing.T) {
	t.Parallel()
	const traceparent, own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "the merchant's"
	traced, plain := anOrder(), anOrder()
	traced.Traceparent = traceparent
	for name, test := range map[string]struct {
		change    []func(*Settings)
		delivered *sdk.OrderDelivery
		want      []string
	}{
		"traced": {nil, traced, []string{traceparent}},
		"plain":  {nil, plain, nil},
		"own header": {[]func(*Settings){func(s *Settings) {
			s.HeaderName, s.HeaderValue = "traceparent", sdk.NewSecret(own)
		}}, traced, []string{own}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.change...)
			wanted(t, b.sender.CopyOrder(t.Context(), test.delivered), isDelivered, "")
			if got := b.noProblems(t, 1)[0].Header.Values("traceparent"); !slices.Equal(got, test.want) {
				t.Errorf("traceparent %q arrives, want %q", got, test.want)
			}
		})
	}
}
