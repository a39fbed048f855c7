package webhook

import (
	"regexp"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

var idForm = regexp.MustCompile(`^msg_[0-9a-f]{32}$`)

// TestEventIDs: an attempt more keeps the id, anything that is told otherwise changes
// it.
func TestEventIDs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := anOrder().Delivery
	id := b.sender.eventID(first)
	if !idForm.MatchString(id) {
		t.Fatalf("id is %q", id)
	}
	repeat := first
	repeat.ID, repeat.Attempt, repeat.FateUnknown = "another", 7, true
	repeat.Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	repeat.RemoteID, repeat.State, repeat.Deadline = "msg_1", []byte("{}"), time.Now()
	if got := b.sender.eventID(repeat); got != id {
		t.Errorf("id of another attempt is %s", got)
	}
	changes := map[string]func(*sdk.Delivery){
		"record":   func(d *sdk.Delivery) { d.RecordKey = "order:2" },
		"contents": func(d *sdk.Delivery) { d.ContentKey = "c2" },
		"revision": func(d *sdk.Delivery) { d.Revision = 3 },
		"a boundary between parts": func(d *sdk.Delivery) {
			d.RecordKey, d.ContentKey = d.RecordKey+d.ContentKey[:1], d.ContentKey[1:]
		},
	}
	seen := map[string]string{id: "the first"}
	note := func(name, got string) {
		t.Helper()
		if was, twice := seen[got]; twice {
			t.Errorf("%s: the id is that of %s", name, was)
		}
		seen[got] = name
	}
	for name, change := range changes {
		d := first
		change(&d)
		note(name, b.sender.eventID(d))
	}
	note("personal data", b.connect(t, func(s *Settings) { s.IncludePersonal = true }).eventID(first))
	note("extra fields", b.connect(t, func(s *Settings) { s.IncludeExtra = true }).eventID(first))
	another := makeSender(t, sdk.Env{ConnectionUID: "c-2"}, goodSettings(b.server.URL), b.remote)
	note("another connection", another.eventID(first))
	if got := b.connect(t, func(s *Settings) { s.SigningSecret = sdk.NewSecret(secretOf(32)) }).eventID(first); got != id {
		t.Errorf("id with another secret is %s", got)
	}
}

// TestTypes follows an order and a parcel through their lives.
func TestTypes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := anOrder()
	for _, step := range []struct {
		status commercev1.OrderStatus
		want   string
	}{
		{commercev1.OrderStatus_ORDER_STATUS_OPEN, "order.created"},
		{commercev1.OrderStatus_ORDER_STATUS_SHIPPED, "order.updated"},
		{commercev1.OrderStatus_ORDER_STATUS_CANCELLED, "order.cancelled"},
		{commercev1.OrderStatus_ORDER_STATUS_OPEN, "order.updated"},
	} {
		d.Order.Status = step.status
		r := b.sender.CopyOrder(t.Context(), d)
		wanted(t, r, isDelivered, "")
		journal := b.Journal()
		last := journal[len(journal)-1]
		if last.Type != step.want || r.RemoteID() != last.ID {
			t.Errorf("%s is told as %s with the remote id %q", step.status, last.Type, r.RemoteID())
		}
		// What is repeated by hand is told the same.
		again := *d
		again.Delivery = after(again.Delivery, r)
		wanted(t, b.sender.CopyOrder(t.Context(), &again), isDelivered, "")
		d = next(d, r, "content of "+step.want)
	}
	parcel := aParcel()
	r := b.sender.ForwardTracking(t.Context(), parcel)
	for _, want := range []string{"tracking.created", "tracking.updated", "tracking.voided"} {
		journal := b.Journal()
		if got := journal[len(journal)-1].Type; got != want {
			t.Errorf("parcel is told as %s, want %s", got, want)
		}
		if want == "tracking.updated" {
			parcel.Record.Parcel.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
		}
		parcel.Revision++
		parcel.Delivery = after(parcel.Delivery, r)
		r = b.sender.ForwardTracking(t.Context(), parcel)
	}
	for _, e := range b.Journal() {
		if len(e.Problems) > 0 {
			t.Errorf("problems of %s: %q", e.Type, e.Problems)
		}
	}
}

// TestFactsThatChangeBackAreTold: a receiver ignores an id that it has seen, so the
// third event must not have the id of the first.
func TestFactsThatChangeBackAreTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	d := anOrder()
	for _, content := range []string{"b", "a", "b"} {
		r := b.sender.CopyOrder(t.Context(), d)
		wanted(t, r, isDelivered, "")
		d = next(d, r, content)
	}
	b.noProblems(t, 3)
	if taken := b.Taken(); len(taken) != 3 {
		t.Errorf("%d events took effect, want 3", len(taken))
	}
}

// TestRetriesAreOneEvent: an answer that gets lost, and whatever else fails, leads to
// the same id and body with a timestamp of its own.
func TestRetriesAreOneEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	hour := placed
	b.Receiver = webhooktest.New(webhooktest.Secret, webhooktest.WithClock(func() time.Time { return hour }))
	b.server = b.StartTLS(t)
	b.remote = newRemote(loopback, trusting(b.server), nil, func() time.Time { return hour })
	b.sender = b.connect(t)
	b.Script(webhooktest.Reset().AfterTaking(), webhooktest.Status(500), webhooktest.RetryAfter(429, "5"))
	d := aParcel()
	for range 4 {
		r := b.sender.ForwardTracking(t.Context(), d)
		d.Delivery = after(d.Delivery, r)
		d.Attempt++
		d.FateUnknown = d.FateUnknown || r.Outcome() == isUnknown
		hour = hour.Add(time.Hour)
		// One more parcel of the order is no other content.
		d.Record.ParcelCount++
	}
	journal := b.noProblems(t, 4)
	for i, e := range journal {
		if e.ID != journal[0].ID || e.Type != "tracking.created" || !e.Happened.Equal(placed) ||
			!e.Timestamp.Equal(placed.Add(time.Duration(i)*time.Hour)) {
			t.Errorf("attempt %d: id %s, %s of %s at %s", i, e.ID, e.Type, e.Happened, e.Timestamp)
		}
	}
	if !journal[3].Repeat || len(b.Taken()) != 1 {
		t.Errorf("%d events took effect", len(b.Taken()))
	}
}

// TestChosenTypes: what is not chosen is skipped, and what follows is an update all
// the same.
func TestChosenTypes(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.EventTypes = "order.updated,\n tracking.*" })
	d := anOrder()
	r := b.sender.CopyOrder(t.Context(), d)
	wanted(t, r, isSkipped, "EVENT_TYPE_OFF")
	b.noProblems(t, 0)
	wanted(t, b.sender.CopyOrder(t.Context(), next(d, r, "c2")), isDelivered, "")
	if got := b.noProblems(t, 1)[0].Type; got != "order.updated" {
		t.Errorf("it is told as %s", got)
	}
	const all = "order.created, order.updated, order.cancelled, tracking.created, tracking.updated, tracking.voided"
	for text, want := range map[string]string{
		"":                             all,
		"*":                            all,
		" tracking.* ,order.cancelled": "order.cancelled, tracking.created, tracking.updated, tracking.voided",
		"order.created order.created":  "order.created",
	} {
		if got, err := parseChosen(text); err != nil || got.String() != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, wrong := range []string{
		"order", "order.", "ord*", "order.create*", "order.deleted", "webhook.test", "Order.*",
		"order.created;order.updated",
	} {
		if got, err := parseChosen(wrong); err == nil {
			t.Errorf("%q means %s", wrong, got)
		}
	}
}

// TestMemory: what is kept for a record is small, and garbage is nothing known.
func TestMemory(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r := b.sender.CopyOrder(t.Context(), anOrder())
	state, has := r.State()
	if !has || len(state) > 256 {
		t.Errorf("kept is %q", state)
	}
	d := anOrder()
	d.Delivery = after(d.Delivery, r)
	if state, has := b.sender.CopyOrder(t.Context(), d).State(); has {
		t.Errorf("a repeat keeps %q once more", state)
	}
	for _, garbage := range []string{"", "{", "[]", `{"created":7}`, "\xff", `{"created":["id"]}`} {
		if recall([]byte(garbage)) != (memory{}) {
			t.Errorf("%q is %v", garbage, recall([]byte(garbage)))
		}
	}
}
