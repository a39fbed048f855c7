package dispatch

import (
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/store"
)

// TestHostileResults: a plugin that lies or floods is read all the same (promise
// P7).
func TestHostileResults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		answer    *pluginv1.DeliveryResult
		outcome   store.Outcome
		violation bool
	}{
		{"nothing", &pluginv1.DeliveryResult{}, store.OutcomeUnknown, true},
		{"undefined outcome", &pluginv1.DeliveryResult{Outcome: 99, Reason: "X"}, store.OutcomeUnknown, true},
		{"delivered needs no reason", &pluginv1.DeliveryResult{Outcome: 1}, store.OutcomeDelivered, false},
		{"rejected needs one", &pluginv1.DeliveryResult{Outcome: 6}, store.OutcomeRejected, true},
		{"reason in prose", &pluginv1.DeliveryResult{Outcome: 4, Reason: "it broke"}, store.OutcomeRetry, true},
		{"undefined fix scope", &pluginv1.DeliveryResult{Outcome: 6, Reason: "X", FixScope: 9}, store.OutcomeRejected, true},
		{
			"giant state",
			&pluginv1.DeliveryResult{Outcome: 1, State: make([]byte, maxState+1)},
			store.OutcomeDelivered, true,
		},
		{
			"negative delay",
			&pluginv1.DeliveryResult{Outcome: 5, Reason: "X", Delay: durationpb.New(-5)},
			store.OutcomeThrottled, false,
		},
		{
			"giant texts",
			&pluginv1.DeliveryResult{
				Outcome: 4, Reason: "X", Hint: strings.Repeat("ü", 1<<20), ResponseExcerpt: "\xff" + strings.Repeat("y", 1<<20),
			},
			store.OutcomeRetry, false,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, violation := readResult(test.answer)
			if r.outcome != test.outcome || (violation != "") != test.violation {
				t.Errorf("got outcome %s violation %q, want %s %t", r.outcome, violation, test.outcome, test.violation)
			}
			checkBounds(t, r)
		})
	}
}

func FuzzReadResult(f *testing.F) {
	seed, err := proto.Marshal(&pluginv1.DeliveryResult{Outcome: 6, Reason: "BAD", Hint: "do", State: []byte("s")})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, raw []byte) {
		answer := &pluginv1.DeliveryResult{}
		if proto.Unmarshal(raw, answer) != nil {
			return
		}
		r, _ := readResult(answer)
		checkBounds(t, r)
	})
}

func checkBounds(t *testing.T, r result) {
	t.Helper()
	texts := map[string]struct {
		text string
		most int
	}{
		"reason": {r.reason, maxReason}, "hint": {r.hint, maxHint}, "request": {r.requestExcerpt, maxExcerpt},
		"response": {r.responseExcerpt, maxExcerpt}, "remote id": {r.remoteID, maxRemote},
	}
	for name, x := range texts {
		if len(x.text) > x.most || !utf8.ValidString(x.text) {
			t.Errorf("%s is not bounded valid text: %d bytes", name, len(x.text))
		}
	}
	if len(r.state) > maxState || len(r.connectionState) > maxState || r.delay < 0 {
		t.Errorf("state, connection state or delay out of bounds")
	}
	if r.outcome < store.OutcomeDelivered || r.outcome > store.OutcomeUnknown {
		t.Errorf("outcome %d is not one of a plugin's", r.outcome)
	}
}
