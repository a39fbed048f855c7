package zohotest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// served is a stand-in behind a real connection.
type served struct {
	*bundle
	base   string
	client *http.Client
}

func serve(t *testing.T, options ...zohotest.Option) *served {
	t.Helper()
	b := setup(t, options...)
	s := &served{bundle: b, base: b.Start(t), client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	return s
}

// post creates a sales order over the connection. The body is what was read before an
// error.
func (s *served) post(ctx context.Context, t *testing.T, number string) (status int, kind, body string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost,
		s.base+zohotest.Root+posting+"&organization_id="+s.org.ID(), strings.NewReader(s.order(number, "")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Zoho-oauthtoken "+s.token)
	r.Header.Set("Content-Type", "application/json")
	got, err := s.client.Do(r)
	if err != nil {
		return 0, "", "", err
	}
	defer func() { _ = got.Body.Close() }()
	raw, err := io.ReadAll(got.Body)
	return got.StatusCode, got.Header.Get("Content-Type"), string(raw), err
}

// TestFaults: what each of them answers, and whether the order is there afterwards
// (sections 7 and 10, point 9).
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  zohotest.Fault
		status int
		kind   string
		body   string
		breaks bool
		stored bool
	}{
		"500":               {fault: zohotest.Status(500), status: 500, kind: "json", body: `"code":1000`},
		"failure":           {fault: zohotest.Failure(400, 110817, "tax"), status: 400, body: `"code":110817`},
		"blocked":           {fault: zohotest.Blocked(44, 30*time.Minute), status: 429, body: `"code":44`},
		"blocked, older":    {fault: zohotest.Blocked(43, time.Hour), status: 429, body: `"code":43`},
		"quota":             {fault: zohotest.QuotaUsedUp(time.Hour), status: 429, body: `"code":45`},
		"in flight":         {fault: zohotest.TooManyInFlight(), status: 429, body: `"code":1070`},
		"success that lies": {fault: zohotest.FalseSuccess(9), status: 200, kind: "json", body: `"code":9`},
		"page":              {fault: zohotest.HTML(503), status: 503, kind: "html", body: "<html>"},
		"page, stored":      {fault: zohotest.HTML(504).AfterStore(), status: 504, kind: "html", stored: true},
		"no JSON":           {fault: zohotest.NotJSON(200), status: 200, kind: "json", body: `{"code":0,"mess`},
		"empty":             {fault: zohotest.Empty(502), status: 502},
		"redirect":          {fault: zohotest.Redirect("/elsewhere"), status: 404},
		"wrong type":        {fault: zohotest.WrongType(), status: 201, kind: "text/plain", body: `"code":0`, stored: true},
		"garbled":           {fault: zohotest.Garbled(), status: 201, kind: "json", body: `"code":0`, stored: true},
		"truncated":         {fault: zohotest.Truncated(), status: 201, kind: "json", breaks: true, stored: true},
		"reset":             {fault: zohotest.Reset(), breaks: true},
		"reset, stored":     {fault: zohotest.Reset().AfterStore(), breaks: true, stored: true},
		"slow":              {fault: zohotest.Slow(time.Millisecond), status: 201, body: `"code":0`, stored: true},
		"late":              {fault: zohotest.Late(time.Millisecond), status: 201, body: `"code":0`, stored: true},
		"late by nothing":   {fault: zohotest.Late(0), status: 201, body: `"code":0`, stored: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.Script(test.fault.On("POST", "/salesorders"))
			status, kind, body, err := s.post(t.Context(), t, "ACME-1")
			if (err != nil) != test.breaks || status != test.status || !strings.Contains(kind, test.kind) ||
				!strings.Contains(body, test.body) {
				t.Errorf("answer is %d %q %q, %v", status, kind, body, err)
			}
			if name == "garbled" && json.Valid([]byte(body)) {
				t.Errorf("the body is JSON: %s", body)
			}
			if _, stored := s.org.Order("ACME-1"); stored != test.stored {
				t.Errorf("stored is %t, want %t", stored, test.stored)
			}
			s.Script(test.fault.On("GET", "/salesorders"))
			if status, _, _, err = s.post(t.Context(), t, "ACME-2"); status != 201 || err != nil {
				t.Errorf("the next one is %d, %v", status, err)
			}
		})
	}
}

// TestHang: nothing comes until the client gives up, and the call counts as under way
// for as long (section 8: 1070).
func TestHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{InFlight: 1}))
		b.Script(zohotest.Slow(time.Minute).On("GET", "/items"))
		slow := make(chan answer, 1)
		go func() { slow <- b.call(t, "GET", "/items", "") }()
		synctest.Wait()
		wantCode(t, b.call(t, "GET", "/contacts", ""), 429, 1070)
		began := time.Now()
		wantCode(t, <-slow, 200, 0)
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the answer came after %s", took)
		}
		wantCode(t, b.call(t, "GET", "/contacts", ""), 200, 0)
		if got := b.Counters(b.org.ID()); got.MostInFlight != 2 || got.Refused != 1 {
			t.Errorf("counters are %+v", got)
		}
	})
}

// TestGivenUp: a late call whose client has gone changes nothing; one that hangs after
// it took effect does.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  zohotest.Fault
		stored bool
	}{
		"late":         {zohotest.Late(time.Hour), false},
		"hang":         {zohotest.Hang(), false},
		"hang, stored": {zohotest.Hang().AfterStore(), true},
		"slow, stored": {zohotest.Slow(time.Hour), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := make(chan zohotest.Exchange, 1)
			arrived := make(chan bool, 1)
			s := serve(t, zohotest.WithWatcher(func(e zohotest.Exchange) { told <- e }),
				zohotest.WithFaults(func(string, string) (zohotest.Fault, bool) {
					arrived <- true
					return test.fault, true
				}))
			ctx, giveUp := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() {
				_, _, _, err := s.post(ctx, t, "ACME-1")
				ended <- err
			}()
			<-arrived
			if name != "late" {
				if e := <-told; e.Stored != test.stored || !e.Faulted {
					t.Errorf("entry is %+v", e)
				}
			}
			giveUp()
			if err := <-ended; err == nil {
				t.Error("there is an answer")
			}
			if _, stored := s.org.Order("ACME-1"); stored != test.stored {
				t.Errorf("stored is %t", stored)
			}
		})
	}
}

// TestFaultsChooseTheirCalls by method, endpoint and count.
func TestFaultsChooseTheirCalls(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Script(
		zohotest.Status(500).On("POST", "/salesorders").After(1).Times(2),
		zohotest.Status(503).On("GET", ""),
		zohotest.Throttled(),
	)
	var got []int
	for i, method := range []string{"POST", "POST", "GET", "POST", "POST", "GET"} {
		path, body := posting, b.order(fmt.Sprint(i), "")
		if method == "GET" {
			path, body = "/salesorders", ""
		}
		got = append(got, b.call(t, method, path, body).status)
	}
	if want := "[201 500 503 500 201 200]"; fmt.Sprint(got) != want {
		t.Errorf("statuses are %v, want %s", got, want)
	}
	for _, want := range []int{400, 200} {
		if got := b.refresh(t); got.status != want {
			t.Errorf("the accounts server answers %d %s", got.status, got.raw)
		}
	}
	b.Script(zohotest.Status(500).Times(9))
	b.ForgetFaults()
	wantCode(t, b.call(t, "GET", "/items", ""), 200, 0)
}

// TestFaultsDrawn: chosen faults come before scripted ones, and writes are told in the
// order in which they took effect, whatever became of the answers.
func TestFaultsDrawn(t *testing.T) {
	t.Parallel()
	var told []string
	calls := 0
	b := setup(t,
		zohotest.WithFaults(func(method, endpoint string) (zohotest.Fault, bool) {
			calls++
			return zohotest.HTML(502).AfterStore(), method == "POST" && endpoint == "/salesorders" && calls == 2
		}),
		zohotest.WithWriteWatcher(func(e zohotest.Exchange) { told = append(told, e.Endpoint+" "+e.Number) }),
	)
	order := b.place(t, "ACME-1", false)
	if got := b.call(t, "POST", posting, b.order("ACME-2", "")); got.status != 502 {
		t.Errorf("answer is %d", got.status)
	}
	wantCode(t, b.call(t, "POST", posting, b.order("ACME-2", "")), 400, 36004)
	wantCode(t, b.call(t, "GET", "/salesorders", ""), 200, 0)
	void(t, b, order)
	if want := "[/salesorders ACME-1 /salesorders ACME-2 /salesorders/{id}/status/void ACME-1]"; fmt.Sprint(told) != want {
		t.Errorf("told of %v", told)
	}
}

// TestSpelling of the keys in answers (section 2).
func TestSpelling(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithQuirks(zohotest.OtherSpelling, zohotest.PackageArray))
	order := b.place(t, "ACME-1", true)
	b.call(t, "GET", "/salesorders/"+order.ID, "").object(t, "sales_order")
	packed := b.call(t, "POST", "/packages?salesorder_id="+order.ID, packing(order, "1")).rows(t, "package")
	b.call(t, "GET", "/packages", "").rows(t, "packagea")
	id, _ := packed[0]["package_id"].(string)
	b.call(t, "POST", "/shipmentorders?salesorder_id="+order.ID+"&package_ids="+id, shipping("1Z1")).
		object(t, "shipment_order")
	b.call(t, "GET", "/salesorders", "").rows(t, "salesorders")
}
