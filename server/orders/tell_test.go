package orders

import (
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// told returns the sentence about a tracking record, revision 2, on an active
// connection, changed as the case wants.
func told(change func(*situation)) string {
	s := situation{
		now: noon,
		record: record{
			ref: store.RecordRef{Kind: store.TrackingRecord, Key: 1}, number: "1Z", revision: 2,
			createTime: noon.Add(-3 * time.Hour), updateTime: noon.Add(-2 * time.Hour),
		},
		delivery: &store.Delivery{
			ID: 1, Kind: store.TrackingRecord, Revision: 2, Covers: 2, State: store.Pending,
			Due: noon.Add(-time.Minute), CreateTime: noon.Add(-2 * time.Hour),
		},
		connection: &store.Connection{State: store.Active, CreateTime: noon.Add(-24 * time.Hour)},
		plugin:     plugin{name: "aftership", title: "AfterShip"},
	}
	change(&s)
	return tell(s)
}

// throttled is an attempt that was told to wait, with the status of the answer, or
// without one.
func throttled(status int) *store.Attempt {
	return &store.Attempt{
		Number: 1, Start: noon.Add(-time.Second), Outcome: store.OutcomeThrottled, HTTPStatus: status,
		Reason: "RATE_LIMITED", Hint: "why",
	}
}

// Promise P10: in every state the sentence says what is, why, and what to do.
func TestTell(t *testing.T) {
	t.Parallel()
	rejected := &store.Attempt{
		Number: 3, Start: noon.Add(-time.Minute), Outcome: store.OutcomeRetry, Reason: "HTTP_503", Hint: "wait.",
	}
	for name, tc := range map[string]struct {
		change func(*situation)
		want   []string
	}{
		"delivered": {
			func(s *situation) {
				s.delivery.State, s.delivery.FinishTime = store.Delivered, noon
				s.delivery.RemoteID, s.delivery.RemoteURL = "trk_1", "https://example.test/trk_1"
			},
			[]string{
				"Delivered to AfterShip as trk_1 at 2026-03-01T12:00:00Z", "see https://example.test/trk_1",
			},
		},
		"delivered, connection deleted": {
			func(s *situation) { s.delivery.State, s.connection = store.Delivered, nil },
			[]string{"Delivered to AfterShip", "the connection is deleted since"},
		},
		"already there and different": {
			func(s *situation) {
				s.delivery.State = store.Delivered
				s.delivery.Last = &store.Attempt{
					Outcome: store.OutcomeAlreadyPresent, DifferingFields: []string{"order_id", "title"},
				}
			},
			[]string{"Was there already", "differs in order_id, title", "correct it there"},
		},
		"already there": {
			func(s *situation) {
				s.delivery.State = store.Delivered
				s.delivery.Last = &store.Attempt{Outcome: store.OutcomeAlreadyPresent}
			},
			[]string{"Was there already: AfterShip at"},
		},
		"same content": {
			func(s *situation) { s.delivery.State, s.delivery.Reason = store.Delivered, "SAME_CONTENT" },
			[]string{"Nothing had to be sent", "revision 2"},
		},
		"delivered with a hint": {
			func(s *situation) {
				s.delivery.State, s.delivery.FinishTime = store.Delivered, noon
				s.delivery.RemoteID, s.delivery.RemoteURL = "trk_1", "https://example.test/trk_1"
				s.delivery.Hint = "AfterShip does not recognise the courier and will not track the number."
			},
			[]string{
				"as trk_1 at 2026-03-01T12:00:00Z, see https://example.test/trk_1. " +
					"Note: AfterShip does not recognise the courier and will not track the number.",
			},
		},
		"withdrawn": {
			func(s *situation) {
				s.delivery.State, s.delivery.FinishTime, s.delivery.RemoteID = store.Delivered, noon, "trk_1"
				s.delivery.Reason, s.delivery.Hint = "WITHDRAWN", "the parcel was voided, so its tracking was deleted at AfterShip"
			},
			[]string{
				"Taken back from AfterShip at 2026-03-01T12:00:00Z: the parcel was voided, so its tracking was deleted",
			},
		},
		"withdrawn, connection deleted": {
			func(s *situation) {
				s.delivery.State, s.connection = store.Delivered, nil
				s.delivery.Reason, s.delivery.Hint = "WITHDRAWN", "the parcel was voided, so its tracking was deleted at AfterShip"
			},
			[]string{"Taken back from AfterShip", "the connection is deleted since"},
		},
		"being sent just now": {
			func(s *situation) { s.sentSince = noon },
			[]string{"Is being sent to AfterShip since 2026-03-01T12:00:00Z, try"},
		},
		"paused for secrets that do not open": {
			func(s *situation) {
				s.connection.State, s.connection.PauseReason = store.Paused, "SECRET_UNREADABLE"
				s.connection.PauseHint = "configure the key set"
			},
			[]string{
				"Waits: this server cannot open the connection's stored secrets; configure the sealing key set they " +
					"were sealed with, or set them again with UpdateConnection, then ResumeConnection.",
			},
		},
		"due": {func(*situation) {}, []string{"Waits for its turn, due since 2026-03-01T11:59:00Z"}},
		"waits for the next try": {
			func(s *situation) { s.delivery.Due, s.delivery.Last = noon.Add(time.Hour), rejected },
			[]string{
				"next try at 2026-03-01T13:00:00Z", "RetryDelivery tries now",
				"Try 3 ended 2026-03-01T11:59:00Z with HTTP_503 (wait).",
			},
		},
		"paused by hand": {
			func(s *situation) {
				s.connection.State, s.connection.PauseReason = store.Paused, store.PausedByOperator
				s.connection.PauseHint = "moving house"
			},
			[]string{"paused by hand (moving house)", "ResumeConnection"},
		},
		"paused by the extra interface": {
			func(s *situation) {
				s.connection.State, s.connection.PauseReason = store.Paused, "INVALID_API_KEY"
				s.connection.PauseHint = "make a new key"
			},
			[]string{"AfterShip refuses the connection", "INVALID_API_KEY (make a new key)", "UpdateConnection"},
		},
		"refused and tested again": {
			func(s *situation) {
				s.connection.State, s.connection.RecheckTime = store.Paused, noon.Add(time.Minute)
			},
			[]string{"AfterShip refuses the connection", "tested again by themselves at 2026-03-01T12:01:00Z"},
		},
		"paused by another version of the plugin": {
			func(s *situation) {
				s.connection.State, s.connection.PauseReason = store.Paused, "SETTINGS_REFUSED"
				s.connection.PauseHint, s.connection.RecheckTime = "version 2 refuses region", noon.Add(time.Minute)
			},
			[]string{
				"Waits: plugin \"aftership\" does not take the settings of the connection, which is paused: SETTINGS_REFUSED " +
					"(version 2 refuses region); correct them with UpdateConnection. They are tested again by themselves at " +
					"2026-03-01T12:01:00Z.",
			},
		},
		"paused by the plugin at a delivery": {
			func(s *situation) {
				s.connection.State, s.connection.PauseReason = store.Paused, "SETTINGS_INVALID"
				s.connection.PauseHint = "region: no such one"
			},
			[]string{
				"Waits: plugin \"aftership\" does not take the settings of the connection, which is paused: SETTINGS_INVALID " +
					"(region: no such one); correct them with UpdateConnection.",
			},
		},
		"taken again": {
			func(s *situation) { s.connection.Probing = true },
			[]string{"AfterShip takes the connection again", "one delivery at a time"},
		},
		"outage": {
			func(s *situation) {
				s.outage = Outage{Since: noon.Add(-time.Hour), Probe: noon.Add(time.Minute), Reason: "HTTP_503"}
			},
			[]string{
				"AfterShip is out of order since 2026-03-01T11:00:00Z (HTTP_503)", "tries it at 2026-03-01T12:01:00Z, ",
				"takes that. It goes on by itself; if AfterShip works for others, see what it answered.",
			},
		},
		"outage, and a wait of its own": {
			func(s *situation) {
				s.outage = Outage{Since: noon.Add(-time.Hour), Probe: noon.Add(time.Minute), Reason: "HTTP_503"}
				s.delivery.Due = noon.Add(time.Hour)
			},
			[]string{"is out of order since", "this one not before 2026-03-01T13:00:00Z"},
		},
		"full store": {
			func(s *situation) { s.full = true },
			[]string{"the server's disk is full", "free space", "by itself"},
		},
		"fate unknown": {
			func(s *situation) {
				s.delivery.State, s.delivery.Reason, s.delivery.FixScope = store.Failed, "FATE_UNKNOWN", store.FixRecord
				s.delivery.Hint = "look there, then RetryDelivery or CancelDelivery"
			},
			[]string{"Not sent again: FATE_UNKNOWN (look there, then RetryDelivery or CancelDelivery)."},
		},
		"disabled with open delivery": {
			func(s *situation) { s.connection.State = store.Disabled },
			[]string{"the connection is disabled", "ResumeConnection"},
		},
		"plugin down": {
			func(s *situation) { s.plugin.trouble = "is BACKOFF: ended with exit status 2" },
			[]string{`plugin "aftership" is BACKOFF: ended with exit status 2`, "by itself", "GetPlugin"},
		},
		"paused wins over plugin down": {
			func(s *situation) {
				s.connection.State, s.connection.PauseReason = store.Paused, store.PausedByOperator
				s.plugin.trouble = "is BACKOFF"
			},
			[]string{"paused by hand (no note was left)"},
		},
		"throttled": {
			func(s *situation) { s.connection.NotBefore = noon.Add(30 * time.Second) },
			[]string{"Waits until 2026-03-01T12:00:30Z: AfterShip limits the account, or the plugin's own pace holds it back"},
		},
		"throttled by an answer": {
			func(s *situation) {
				s.connection.NotBefore = noon.Add(30 * time.Second)
				s.delivery.Last = throttled(429)
			},
			[]string{
				"Waits until 2026-03-01T12:00:30Z: AfterShip limits the account; it goes on by itself.",
				"Try 1 ended 2026-03-01T11:59:59Z with RATE_LIMITED (why)",
			},
		},
		"held back by the plugin": {
			func(s *situation) {
				s.connection.NotBefore = noon.Add(30 * time.Second)
				s.delivery.Last = throttled(0)
			},
			[]string{
				"Waits until 2026-03-01T12:00:30Z: held back by the plugin's own pace for the account; it goes on by itself.",
				"Try 1 ended 2026-03-01T11:59:59Z with RATE_LIMITED (why)",
			},
		},
		"throttled for another record": {
			func(s *situation) {
				s.connection.NotBefore = noon.Add(30 * time.Second)
				s.delivery.Last = rejected // Not what the account waits for.
			},
			[]string{"Waits until 2026-03-01T12:00:30Z: AfterShip limits the account, or the plugin's own pace"},
		},
		"no longer throttled": {
			func(s *situation) { s.connection.NotBefore = noon.Add(-time.Second) }, []string{"Waits for its turn"},
		},
		"waits for an unknown order": {
			func(s *situation) {
				s.delivery.Reason, s.delivery.Due = "WAITING_FOR_ORDER", noon.Add(time.Minute)
			},
			[]string{"Waits until 2026-03-01T12:01:00Z for its order", "not submitted yet", "without it"},
		},
		"blocked": {
			func(s *situation) { s.delivery.State = store.Blocked },
			[]string{"Waits until its order is at AfterShip", "the order's own delivery"},
		},
		"blocked on a paused connection": {
			func(s *situation) { s.delivery.State, s.connection.State = store.Blocked, store.Paused },
			[]string{"Waits until its order is at AfterShip", "is paused and sends nothing, GetConnection says why"},
		},
		"blocked on a disabled connection": {
			func(s *situation) { s.delivery.State, s.connection.State = store.Blocked, store.Disabled },
			[]string{"Waits until its order is at AfterShip", "is disabled and sends nothing, ResumeConnection"},
		},
		"failed for the record": {
			func(s *situation) {
				s.delivery.State, s.delivery.Sends, s.delivery.FixScope = store.Failed, 1, store.FixRecord
				s.delivery.Reason, s.delivery.Hint = "BAD_NUMBER", "correct the tracking number"
			},
			[]string{"Failed after 1 send: BAD_NUMBER (correct the tracking number)", "SubmitTracking"},
		},
		"failed for the settings": {
			func(s *situation) {
				s.delivery.State, s.delivery.Sends, s.delivery.FixScope = store.Failed, 4, store.FixSettings
			},
			[]string{
				"Failed after 4 sends: no reason was given",
				"; mend it at AfterShip and use RetryDelivery, or correct the connection with UpdateConnection",
			},
		},
		"refused before sending for the settings": {
			func(s *situation) {
				s.delivery.State, s.delivery.Sends, s.delivery.FixScope = store.Failed, 1, store.FixSettings
				s.delivery.Last = &store.Attempt{Outcome: store.OutcomeRejected}
			},
			[]string{"; correct the connection with UpdateConnection, which sends it again, or use RetryDelivery."},
		},
		"failed for either": {
			func(s *situation) { s.delivery.State, s.delivery.Reason = store.Failed, "RETRIES_EXHAUSTED" },
			[]string{"RETRIES_EXHAUSTED", "SubmitTracking", "UpdateConnection", "RetryDelivery"},
		},
		"failed, connection deleted": {
			func(s *situation) { s.delivery.State, s.connection = store.Failed, nil },
			[]string{"Failed", "the connection is deleted since"},
		},
		"filtered": {
			func(s *situation) { s.delivery.State, s.delivery.Reason = store.Skipped, "FILTERED" },
			[]string{"Not sent on purpose: the filter", "UpdateConnection"},
		},
		"filtered after an earlier revision arrived": {
			func(s *situation) {
				s.delivery.State, s.delivery.Reason, s.delivery.RemoteID = store.Skipped, "FILTERED", "trk_1"
			},
			[]string{"leaves it out; what an earlier revision brought is still there as trk_1; change the filter"},
		},
		"filtered before its order came": {
			func(s *situation) {
				s.delivery.State, s.delivery.Reason, s.record.orderUnknown = store.Skipped, "FILTERED", true
				s.connection.Takes.Facts = s.connection.Takes.Facts.With(1)
			},
			[]string{
				"left out by the connection's filter; its order is not known yet: when the order comes, it is " +
					"judged again", "facts that go to AfterShip",
			},
		},
		"filtered before its order came, of which nothing goes there": {
			func(s *situation) {
				s.delivery.State, s.delivery.Reason, s.record.orderUnknown = store.Skipped, "FILTERED", true
			},
			[]string{"its order is not known yet: once the order came, RetryDelivery has it judged again."},
		},
		"filtered before its order came, connection deleted": {
			func(s *situation) {
				s.delivery.State, s.delivery.Reason, s.record.orderUnknown = store.Skipped, "FILTERED", true
				s.connection = nil
			},
			[]string{"the filter of the connection leaves it out; the connection is deleted since."},
		},
		"refused before it was sent": {
			func(s *situation) {
				s.delivery.State, s.delivery.Sends, s.delivery.FixScope = store.Failed, 1, store.FixRecord
				s.delivery.Reason, s.delivery.Hint = "ORDER_ID_LONG", "shorten it"
				s.delivery.Last = &store.Attempt{Outcome: store.OutcomeRejected}
			},
			[]string{"Refused before sending: ORDER_ID_LONG (shorten it); submit the corrected"},
		},
		"number refused before it was sent": {
			func(s *situation) {
				s.delivery.State, s.delivery.Sends, s.delivery.FixScope = store.Failed, 1, store.FixRecord
				s.delivery.Reason, s.delivery.Hint = "TRACKING_NUMBER_INVALID", "correct the tracking number"
				s.delivery.Last = &store.Attempt{Outcome: store.OutcomeRejected}
			},
			[]string{"Refused before sending: TRACKING_NUMBER_INVALID (correct the tracking number)."},
		},
		"voided before it was sent": {
			func(s *situation) {
				s.delivery.State, s.delivery.Reason, s.delivery.Hint = store.Skipped, "PARCEL_VOIDED", "never sent"
			},
			[]string{"Not sent on purpose: PARCEL_VOIDED (never sent)."},
		},
		"skipped by the plugin": {
			func(s *situation) {
				s.delivery.State, s.delivery.Reason, s.delivery.Hint = store.Skipped, "VOIDED", "never was there"
			},
			[]string{"Not sent on purpose: VOIDED (never was there)", "RetryDelivery"},
		},
		"cancelled by hand": {
			func(s *situation) { s.delivery.State, s.delivery.FinishTime = store.Cancelled, noon },
			[]string{"Cancelled at 2026-03-01T12:00:00Z", "RetryDelivery"},
		},
		"cancelled by deletion": {
			func(s *situation) { s.delivery.State, s.connection = store.Cancelled, nil },
			[]string{"Cancelled", "the connection was deleted"},
		},
		"older revision delivered, to which the newer adds nothing": {
			func(s *situation) {
				s.delivery.State, s.delivery.Revision, s.delivery.Covers = store.Delivered, 1, 2
				s.delivery.FinishTime, s.delivery.RemoteID = noon, "trk_1"
			},
			[]string{"Delivered to AfterShip as trk_1 at 2026-03-01T12:00:00Z"},
		},
		"older revision delivered, then disabled": {
			func(s *situation) {
				s.delivery.State, s.delivery.Revision, s.delivery.Covers = store.Delivered, 1, 1
				s.delivery.FinishTime, s.delivery.RemoteID = noon, "trk_1"
			},
			[]string{
				"Revision 2 of the tracking record is not there", "revision 1 is there as trk_1", "was disabled",
				"; only the next change of the tracking record, sent with SubmitTracking, goes there.",
			},
		},
		"older revision delivered, disabled still": {
			func(s *situation) {
				s.delivery.State, s.delivery.Revision, s.delivery.Covers = store.Delivered, 1, 1
				s.connection.State = store.Disabled
			},
			[]string{"Revision 2", "; ResumeConnection enables it, after that only the next change"},
		},
		"older revision superseded, connection deleted": {
			func(s *situation) {
				s.delivery.State, s.delivery.Revision, s.delivery.Covers = store.Superseded, 1, 1
				s.connection = nil
			},
			[]string{"Revision 2", "the connection is deleted", "it got revision 1 last, which is superseded."},
		},
		"connection made later": {
			func(s *situation) { s.delivery, s.connection.CreateTime = nil, noon },
			[]string{"created at 2026-03-01T12:00:00Z, after the tracking record was accepted", "SubmitTracking"},
		},
		"connection made between the record and a change of its order": {
			func(s *situation) { s.delivery, s.connection.CreateTime = nil, noon.Add(-150*time.Minute) },
			[]string{
				"created at 2026-03-01T09:30:00Z, after the tracking record was accepted, and what changed since was the order",
				"SubmitTracking",
			},
		},
		"connection disabled": {
			func(s *situation) { s.delivery, s.connection.State = nil, store.Disabled },
			[]string{"Not sent: the connection is disabled", "ResumeConnection"},
		},
		"connection was disabled": {
			func(s *situation) { s.delivery = nil },
			[]string{"Not sent: the connection was disabled or took no such records"},
		},
		"order": {
			func(s *situation) { s.delivery, s.record.ref.Kind = nil, store.OrderRecord },
			[]string{"the order was accepted", "SubmitOrder"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := told(tc.change)
			for _, part := range tc.want {
				if !strings.Contains(got, part) {
					t.Errorf("told %q, want %q in it", got, part)
				}
			}
			if strings.Contains(got, "..") || strings.Contains(got, "  ") || !strings.HasSuffix(got, ".") {
				t.Errorf("told %q, want a sentence", got)
			}
		})
	}
}
