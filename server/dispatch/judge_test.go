package dispatch

import (
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
)

// half is a random source that always answers half of what it may.
func half(below time.Duration) time.Duration { return below / 2 }

func testSchedule() Schedule { return Schedule{Random: half}.withDefaults() }

var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func testSending() *sending {
	return &sending{
		delivery:   store.Delivery{ID: 7, State: store.Pending, Sends: 2, Spent: 1, RetryAge: time.Hour},
		connection: &store.Connection{},
		known:      store.RemoteRecord{RemoteID: "r-1", ContentKey: []byte("old")},
		contentKey: []byte("new"),
		start:      testNow.Add(-time.Second),
	}
}

// TestOutcomeTable holds every row of the contract's outcome table (promise P6).
func TestOutcomeTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		result result
		change func(*sending)

		state       store.DeliveryState
		reason      string
		spent       int
		wait        time.Duration
		fateUnknown bool
		throttle    time.Duration
		pause       bool
	}{
		{
			name:   "delivered",
			result: result{outcome: store.OutcomeDelivered, remoteID: "r-1"},
			change: func(s *sending) { s.delivery.FateUnknown = true },
			state:  store.Delivered, spent: 1,
		},
		{
			name:   "already present",
			result: result{outcome: store.OutcomeAlreadyPresent, reason: "EXISTS"},
			state:  store.Delivered, reason: "EXISTS", spent: 1,
		},
		{
			name:   "skipped",
			result: result{outcome: store.OutcomeSkipped, reason: "VOIDED"},
			state:  store.Skipped, reason: "VOIDED", spent: 1,
		},
		{
			name:   "retry spends an attempt",
			result: result{outcome: store.OutcomeRetry, reason: "HTTP_503"},
			state:  store.Pending, reason: "HTTP_503", spent: 2, wait: 5*time.Second + 1,
		},
		{
			name:   "an earlier send of unknown fate stays so until something is known",
			result: result{outcome: store.OutcomeThrottled, reason: "HTTP_429", delay: 10 * time.Second},
			change: func(s *sending) { s.delivery.FateUnknown = true },
			state:  store.Pending, reason: "HTTP_429", spent: 1, fateUnknown: true,
			throttle: 10500 * time.Millisecond,
		},
		{
			name:   "retry of one record spends an attempt",
			result: result{outcome: store.OutcomeRetry, reason: "ORDER_NOT_FOUND", recordOnly: true},
			state:  store.Pending, reason: "ORDER_NOT_FOUND", spent: 2, wait: 5*time.Second + 1,
		},
		{
			name:   "retry of one record spends an attempt as a probe too",
			result: result{outcome: store.OutcomeRetry, reason: "ORDER_NOT_FOUND", recordOnly: true},
			change: func(s *sending) { s.probe = true },
			state:  store.Pending, reason: "ORDER_NOT_FOUND", spent: 2, wait: 5*time.Second + 1,
		},
		{
			name:   "retry not before the plugin says",
			result: result{outcome: store.OutcomeRetry, reason: "HTTP_503", delay: time.Minute},
			state:  store.Pending, reason: "HTTP_503", spent: 2, wait: time.Minute,
		},
		{
			name:   "retry too old",
			result: result{outcome: store.OutcomeRetry, reason: "HTTP_503"},
			change: func(s *sending) { s.delivery.RetryAge = 72 * time.Hour },
			state:  store.Failed, reason: "RETRIES_EXHAUSTED", spent: 2,
		},
		{
			name:   "throttled spends nothing",
			result: result{outcome: store.OutcomeThrottled, reason: "HTTP_429", delay: 10 * time.Second},
			state:  store.Pending, reason: "HTTP_429", spent: 1,
			throttle: 10500 * time.Millisecond,
		},
		{
			name:   "throttled without a delay is clamped",
			result: result{outcome: store.OutcomeThrottled, reason: "HTTP_429"},
			state:  store.Pending, reason: "HTTP_429", spent: 1,
			throttle: 1050 * time.Millisecond,
		},
		{
			name:   "throttled for too long is clamped",
			result: result{outcome: store.OutcomeThrottled, reason: "HTTP_429", delay: 240 * time.Hour},
			state:  store.Pending, reason: "HTTP_429", spent: 1,
			throttle: 24*time.Hour + 72*time.Minute,
		},
		{
			name:   "rejected tells nothing of an earlier send",
			result: result{outcome: store.OutcomeRejected, reason: "BAD_NUMBER", fixScope: store.FixRecord},
			change: func(s *sending) { s.delivery.FateUnknown = true },
			state:  store.Failed, reason: "BAD_NUMBER", spent: 1, fateUnknown: true,
		},
		{
			name:   "skipped tells nothing of an earlier send",
			result: result{outcome: store.OutcomeSkipped, reason: "VOIDED"},
			change: func(s *sending) { s.delivery.FateUnknown = true },
			state:  store.Skipped, reason: "VOIDED", spent: 1, fateUnknown: true,
		},
		{
			name:   "rejected waits for an edit",
			result: result{outcome: store.OutcomeRejected, reason: "BAD_NUMBER", fixScope: store.FixRecord},
			state:  store.Failed, reason: "BAD_NUMBER", spent: 1,
		},
		{
			name:   "unauthorized pauses the lane and spends nothing",
			result: result{outcome: store.OutcomeUnauthorized, reason: "KEY_REFUSED"},
			state:  store.Pending, reason: "KEY_REFUSED", spent: 1, pause: true,
		},
		{
			name:   "unknown is repeated",
			result: result{outcome: store.OutcomeUnknown, reason: "RESET"},
			state:  store.Pending, reason: "RESET", spent: 2, wait: 5*time.Second + 1, fateUnknown: true,
		},
		{
			name:   "unknown is parked where a repeat makes a second record",
			result: result{outcome: store.OutcomeUnknown, reason: "RESET"},
			change: unrepeatable,
			state:  store.Failed, reason: "FATE_UNKNOWN", spent: 2, fateUnknown: true,
		},
		{
			name:   "unknown is repeated if the connection opts in",
			result: result{outcome: store.OutcomeUnknown, reason: "RESET"},
			change: func(s *sending) {
				s.connection.Takes.Intents, s.connection.AllowRepeats = true, true
			},
			state: store.Pending, reason: "RESET", spent: 2, wait: 5*time.Second + 1, fateUnknown: true,
		},
		{
			name:   "plugin lost spends nothing",
			result: result{outcome: store.OutcomePluginLost, reason: "PLUGIN_LOST"},
			state:  store.Pending, reason: "PLUGIN_LOST", spent: 1, fateUnknown: true,
		},
		{
			name:   "plugin lost is parked where a repeat makes a second record",
			result: result{outcome: store.OutcomePluginLost, reason: "PLUGIN_LOST"},
			change: unrepeatable,
			state:  store.Failed, reason: "FATE_UNKNOWN", spent: 1, fateUnknown: true,
		},
		{
			name:   "a probe spends nothing",
			result: result{outcome: store.OutcomeRetry, reason: "HTTP_503"},
			change: func(s *sending) { s.probe = true },
			state:  store.Pending, reason: "HTTP_503", spent: 1,
		},
		{
			name:   "a probe without an answer spends nothing, and may have arrived",
			result: result{outcome: store.OutcomeUnknown, reason: "RESET"},
			change: func(s *sending) { s.probe = true },
			state:  store.Pending, reason: "RESET", spent: 1, fateUnknown: true,
		},
		{
			name:   "what this server cut off spends nothing",
			result: result{outcome: store.OutcomeUnknown, reason: "SERVER_STOPPED", ours: true},
			state:  store.Pending, reason: "SERVER_STOPPED", spent: 1, fateUnknown: true,
		},
		{
			name:   "what surely ends its plugin's process has failed",
			result: result{outcome: store.OutcomePluginLost, reason: "PLUGIN_LOST_ALONE", crashes: true},
			state:  store.Failed, reason: "CRASHES_PLUGIN", spent: 1, fateUnknown: true,
		},
		{
			name:   "the last try comes before the retry age ends",
			result: result{outcome: store.OutcomeRetry, reason: "HTTP_503"},
			change: func(s *sending) { s.delivery.RetryAge = 72*time.Hour - 3*time.Second },
			state:  store.Pending, reason: "HTTP_503", spent: 2, wait: 2 * time.Second,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := testSending()
			if test.change != nil {
				test.change(s)
			}
			v := testSchedule().judge(s, &test.result, testNow)
			c := v.completion
			if c.State != test.state || c.Reason != test.reason || c.Spent != test.spent {
				t.Errorf("got state %d reason %q spent %d, want %d %q %d",
					c.State, c.Reason, c.Spent, test.state, test.reason, test.spent)
			}
			if c.State == store.Pending && c.Due.Sub(testNow) != test.wait {
				t.Errorf("goes again after %s, want %s", c.Due.Sub(testNow), test.wait)
			}
			if c.FateUnknown != test.fateUnknown {
				t.Errorf("fate unknown: got %t, want %t", c.FateUnknown, test.fateUnknown)
			}
			if v.throttle != test.throttle || v.pause != test.pause {
				t.Errorf("got throttle %s pause %t, want %s %t", v.throttle, v.pause, test.throttle, test.pause)
			}
			if c.Sends != 3 || c.Attempt.Number != 3 || c.Attempt.Outcome != test.result.outcome {
				t.Errorf("the attempt is not logged as number 3 with its outcome: %+v", c.Attempt)
			}
		})
	}
}

func unrepeatable(s *sending) { s.connection.Takes.Intents = true }

func TestWhatIsKnownOfTheRemoteRecord(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		result result
		want   *store.RemoteRecord
	}{
		{
			"delivered keeps id and content",
			result{outcome: store.OutcomeDelivered, remoteID: "r-2", remoteURL: "u", state: []byte("s")},
			&store.RemoteRecord{RemoteID: "r-2", RemoteURL: "u", State: []byte("s"), ContentKey: []byte("new")},
		},
		{
			"delivered without an id keeps the known one",
			result{outcome: store.OutcomeDelivered},
			&store.RemoteRecord{RemoteID: "r-1", ContentKey: []byte("new")},
		},
		{
			"present keeps the id, and no content: what is there is not what we sent last",
			result{outcome: store.OutcomeAlreadyPresent, remoteID: "r-3"},
			&store.RemoteRecord{RemoteID: "r-3"},
		},
		{
			"unknown forgets the content",
			result{outcome: store.OutcomeUnknown},
			&store.RemoteRecord{RemoteID: "r-1"},
		},
		{
			"an answer of failure forgets the content: it may have taken effect",
			result{outcome: store.OutcomeRetry, httpStatus: 500},
			&store.RemoteRecord{RemoteID: "r-1"},
		},
		{"a retry of what never got there changes nothing", result{outcome: store.OutcomeRetry}, nil},
		{
			"a state to keep of what did not arrive forgets the content: something was done there",
			result{outcome: store.OutcomeThrottled, state: []byte("half done")},
			&store.RemoteRecord{RemoteID: "r-1", State: []byte("half done")},
		},
		{"rejected changes nothing", result{outcome: store.OutcomeRejected, remoteID: "r-9"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := testSending().remote(&test.result)
			if (got == nil) != (test.want == nil) {
				t.Fatalf("got %+v, want %+v", got, test.want)
			}
			if got != nil && (got.RemoteID != test.want.RemoteID || got.RemoteURL != test.want.RemoteURL ||
				string(got.State) != string(test.want.State) ||
				string(got.ContentKey) != string(test.want.ContentKey)) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestScheduleDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	s := testSchedule()
	for spent, want := range map[int]time.Duration{
		1: 2500*time.Millisecond + 1, 2: 5*time.Second + 1, 5: 40*time.Second + 1,
		11: 30*time.Minute + 1, 5000: 30*time.Minute + 1,
	} {
		if got := s.wait(spent); got != want {
			t.Errorf("wait after %d spent attempts: got %s, want %s", spent, got, want)
		}
	}
}
