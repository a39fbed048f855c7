package webhooktest_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/spurline/spurline/plugins/webhook/webhooktest"
)

const (
	goodBody = `{"type":"order.created","timestamp":"2026-11-22T06:00:00Z","data":{"merchant_id":"acme","revision":1,` +
		`"order":{"order_id":"A-1","extra_fields":{"Gift Wrap":"blue"}}}}`
	parcelBody = `{"type":"tracking.voided","timestamp":"2026-11-22T06:00:00.5Z","data":{"merchant_id":"acme",` +
		`"revision":2,"tracking":{"order_id":"A-1","parcel":{"tracking_number":"1Z"}}}}`
	testBody = `{"type":"webhook.test","timestamp":"2026-11-22T06:00:00+01:00","data":{"merchant_id":"acme"}}`
)

var now = time.Unix(1795327200, 0)

func newReceiver(t *testing.T, options ...webhooktest.Option) (*webhooktest.Receiver, string) {
	t.Helper()
	clock := webhooktest.WithClock(func() time.Time { return now })
	r := webhooktest.New(webhooktest.Secret, append(options, clock)...)
	return r, r.Start(t)
}

// message is a request that is right until a test changes it.
type message struct {
	method, body, id, stamp string
	header                  http.Header
	// signed is what the signature is for, the body if empty.
	signed, secret string
}

func aMessage() *message {
	return &message{
		method: http.MethodPost, body: goodBody, id: "msg_1", stamp: strconv.FormatInt(now.Unix(), 10),
		header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, secret: webhooktest.Secret,
	}
}

// post signs with the specification's own library, so that the receiver is held
// against it, and returns the status.
func (m *message) post(t *testing.T, base string) int {
	t.Helper()
	signer, err := standardwebhooks.NewWebhook(m.secret)
	if err != nil {
		t.Fatal(err)
	}
	seconds, _ := strconv.ParseInt(m.stamp, 10, 64)
	if m.signed == "" {
		m.signed = m.body
	}
	signature, err := signer.Sign(m.id, time.Unix(seconds, 0), []byte(m.signed))
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), m.method, base, strings.NewReader(m.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Webhook-Id": {m.id}, "Webhook-Timestamp": {m.stamp}, "Webhook-Signature": {signature}}
	for name, values := range m.header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return -response.StatusCode
	}
	return response.StatusCode
}

func TestWhatIsTaken(t *testing.T) {
	t.Parallel()
	r, base := newReceiver(t)
	r.SetSecrets("whsec_AAAA", webhooktest.Secret)
	for i, body := range []string{goodBody, parcelBody, testBody} {
		m := aMessage()
		m.body, m.id = body, "msg-"+strconv.Itoa(i)
		if status := m.post(t, base); status != 200 {
			t.Errorf("%s: %d, %q", body, status, r.Journal()[i].Problems)
		}
	}
	for _, off := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		m := aMessage()
		m.id, m.stamp = "msg_"+off.String(), strconv.FormatInt(now.Add(off).Unix(), 10)
		m.id = strings.ReplaceAll(m.id, ".", "")
		if status := m.post(t, base); status != 200 {
			t.Errorf("%s off: %d", off, status)
		}
	}
	if taken := r.Taken(); len(taken) != 5 || taken[1].Record["order_id"] != "A-1" || taken[1].Matches != 1 {
		t.Errorf("taken are %+v", taken)
	}
	r.ForgetJournal()
	m := aMessage()
	m.id = "msg-0"
	if status := m.post(t, base); status != 200 || !r.Journal()[0].Repeat || len(r.Taken()) != 0 {
		t.Errorf("a repeat: %d, %+v", status, r.Journal())
	}
}

// TestWhatIsRefused changes one thing at a time.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	in := func(old, replacement string) func(*message) {
		return func(m *message) { m.body = strings.Replace(m.body, old, replacement, 1) }
	}
	for name, test := range map[string]struct {
		change func(*message)
		says   string
		status int
	}{
		"method":            {func(m *message) { m.method = http.MethodPut }, "method", 400},
		"content type":      {func(m *message) { m.header.Set("Content-Type", "text/plain") }, "content type", 400},
		"two ids":           {func(m *message) { m.header["Webhook-Id"] = []string{m.id, m.id} }, "header Webhook-Id", 400},
		"no id":             {func(m *message) { m.id = "" }, "id", 400},
		"dot in the id":     {func(m *message) { m.id = "msg.1" }, "id", 400},
		"no timestamp":      {func(m *message) { m.header["Webhook-Timestamp"] = nil }, "timestamp", 401},
		"timestamp as text": {func(m *message) { m.stamp = "2026-11-22T06:00:00Z" }, "timestamp", 401},
		"too old":           {func(m *message) { m.stamp = strconv.FormatInt(now.Unix()-301, 10) }, "off", 400},
		"too new":           {func(m *message) { m.stamp = strconv.FormatInt(now.Unix()+301, 10) }, "off", 400},
		"other secret": {
			func(m *message) { m.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }, "no signature fits", 401,
		},
		"other body": {func(m *message) { m.signed = m.body + " " }, "no signature fits", 401},
		"other version": {
			func(m *message) { m.header.Set("Webhook-Signature", "v2,AAAA") }, "no signature fits", 401,
		},
		"bare signature":  {func(m *message) { m.header.Set("Webhook-Signature", "AAAA") }, "not version,base64", 401},
		"no JSON":         {in("{", ""), "no JSON object", 400},
		"a list":          {func(m *message) { m.body = "[]" }, "no JSON object", 400},
		"two objects":     {func(m *message) { m.body += "{}" }, "behind the object", 400},
		"further member":  {in(`{"type"`, `{"id":"1","type"`), `member "id"`, 400},
		"type":            {in("order.created", "order"), "type is", 400},
		"unknown type":    {in("order.created", "order.lost"), "type is", 400},
		"time":            {in("T06:00:00Z", ""), "timestamp of the body", 400},
		"data":            {in(`"data":{`, `"data":7,"x":{`), "data is no object", 400},
		"no merchant":     {in(`"merchant_id":"acme",`, ""), "no merchant_id", 400},
		"no revision":     {in(`"revision":1,`, ""), "revision", 400},
		"revision 0":      {in(`"revision":1,`, `"revision":0,`), "revision", 400},
		"revision 1.5":    {in(`"revision":1,`, `"revision":1.5,`), "revision", 400},
		"no order id":     {in(`"order_id":"A-1",`, ""), "no order_id", 400},
		"no parcel":       {in("order.created", "tracking.created"), "no tracking_number", 400},
		"other record":    {in(`"revision":1,`, `"revision":1,"tracking":{},`), `member "tracking"`, 400},
		"camel case":      {in(`"order_id":"A-1",`, `"order_id":"A-1","orderNumber":"1",`), "not snake_case", 400},
		"camel case deep": {in(`"order_id":"A-1",`, `"order_id":"A-1","notes":[{"aText":"1"}],`), "not snake_case", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, base := newReceiver(t)
			m := aMessage()
			test.change(m)
			status := m.post(t, base)
			e := r.Journal()[0]
			if status != test.status || e.Taken || !strings.Contains(strings.Join(e.Problems, "; "), test.says) {
				t.Errorf("%d, %q", status, e.Problems)
			}
		})
	}
}

// TestIDsAreRemembered with what they told, but for the other parcels of the order.
func TestIDsAreRemembered(t *testing.T) {
	t.Parallel()
	r, base := newReceiver(t)
	m := aMessage()
	m.body = parcelBody
	sibling := aMessage()
	sibling.body = strings.Replace(parcelBody, `"tracking":{`, `"tracking":{"parcel_count":2,`, 1)
	other := aMessage()
	other.body = strings.Replace(parcelBody, `"tracking":{`, `"tracking":{"shipment_id":"S",`, 1)
	if a, b, c := m.post(t, base), sibling.post(t, base), other.post(t, base); a != 200 || b != 200 || c != 400 {
		t.Errorf("%d, %d, %d", a, b, c)
	}
	if len(r.Taken()) != 1 {
		t.Errorf("taken are %+v", r.Taken())
	}
}

func TestFurtherHeader(t *testing.T) {
	t.Parallel()
	_, base := newReceiver(t, webhooktest.WithHeader("X-Key", "open"))
	m := aMessage()
	if status := m.post(t, base); status != 401 {
		t.Errorf("without the header: %d", status)
	}
	m.header.Set("X-Key", "open")
	if status := m.post(t, base); status != 200 {
		t.Errorf("with the header: %d", status)
	}
}

// TestFaults happen in turn, and an event takes effect only if that was said.
func TestFaults(t *testing.T) {
	t.Parallel()
	r, base := newReceiver(t)
	r.Script(webhooktest.Status(503).Times(2), webhooktest.Reset(), webhooktest.Truncated(200),
		webhooktest.Status(500).AfterTaking())
	for i, want := range []int{503, 503, 0, -200, 500, 200} {
		if status := aMessage().post(t, base); status != want {
			t.Errorf("request %d: %d, want %d", i, status, want)
		}
	}
	journal := r.Journal()
	for i, e := range journal {
		if e.Taken != (i >= 4) || e.Faulted != (i < 5) {
			t.Errorf("request %d: taken %v, faulted %v", i, e.Taken, e.Faulted)
		}
	}
	if !journal[5].Repeat {
		t.Error("what took effect under a fault is forgotten")
	}
	large := aMessage()
	large.body = strings.Repeat(" ", 9<<20)
	if status := large.post(t, base); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", status)
	}
}
