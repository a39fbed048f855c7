package aftershiptest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

const newestTrackings = "/tracking/2026-07/trackings"

// post goes over a real connection, since some faults need one to break.
func post(ctx context.Context, t *testing.T, base, number string) (status int, read string, failure error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+newestTrackings,
		strings.NewReader(`{"tracking_number":"`+number+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("as-api-key", aftershiptest.ValidKey)
	r.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answered, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answered.Body.Close() }()
	body, err := io.ReadAll(answered.Body)
	return answered.StatusCode, string(body), err
}

func TestFaultsWithAnAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  aftershiptest.Fault
		status int
		body   string
	}{
		{"status", aftershiptest.Status(503), 503, `"code":503`},
		{"failure", aftershiptest.Failure(400, 4013, "x"), 400, `"code":4013`},
		{"limited", aftershiptest.Limited(time.Hour, 2*time.Hour), 429, `TooManyRequests`},
		{"html", aftershiptest.HTML(502), 502, `<html>`},
		{"not JSON", aftershiptest.NotJSON(200), 200, `{"meta":{"code":`},
		{"empty", aftershiptest.Empty(500), 500, ``},
		{"redirect", aftershiptest.Redirect("http://127.0.0.1:1/"), 302, ``},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stand := aftershiptest.New()
			base := stand.Start(t)
			stand.Script(test.fault)
			got, body, err := post(t.Context(), t, base, upsNumber)
			if err != nil || got != test.status || !strings.Contains(body, test.body) {
				t.Fatalf("got %d %q %v", got, body, err)
			}
			if len(stand.Trackings()) != 0 || !lastExchange(t, stand).Faulted {
				t.Error("the call took effect or the journal does not tell")
			}
			if got, _, err := post(t.Context(), t, base, upsNumber); err != nil || got != 201 {
				t.Errorf("after the fault: %v %v", got, err)
			}
		})
	}
}

func TestFaultsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	t.Run("reset", func(t *testing.T) {
		t.Parallel()
		stand := aftershiptest.New()
		base := stand.Start(t)
		stand.Script(aftershiptest.Reset())
		if _, _, err := post(t.Context(), t, base, upsNumber); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("error is %v, want a reset", err)
		}
	})
	t.Run("truncated", func(t *testing.T) {
		t.Parallel()
		stand := aftershiptest.New()
		base := stand.Start(t)
		stand.Script(aftershiptest.Truncated())
		if _, _, err := post(t.Context(), t, base, upsNumber); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("error is %v, want an early end", err)
		}
		if len(stand.Trackings()) != 1 {
			t.Error("the call took no effect")
		}
	})
	t.Run("hang", func(t *testing.T) {
		t.Parallel()
		stand := aftershiptest.New()
		base := stand.Start(t)
		stand.Script(aftershiptest.Hang())
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := post(ctx, t, base, upsNumber); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want the deadline", err)
		}
	})
	t.Run("release", func(t *testing.T) {
		t.Parallel()
		stand := aftershiptest.New()
		base := stand.Start(t)
		stand.Release()
		stand.Script(aftershiptest.Hang())
		if _, _, err := post(t.Context(), t, base, upsNumber); err == nil {
			t.Error("a released hang answers")
		}
	})
}

// TestStoredButAnswerLost is the case that makes a repeat meet 4003.
func TestStoredButAnswerLost(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	base := stand.Start(t)
	stand.Script(aftershiptest.Reset().AfterStore())
	if _, _, err := post(t.Context(), t, base, upsNumber); err == nil {
		t.Fatal("the answer was not lost")
	}
	got, body, err := post(t.Context(), t, base, upsNumber)
	if err != nil || got != 400 || !strings.Contains(body, "4003") {
		t.Errorf("the repeat got %v %q %v", got, body, err)
	}
}

func TestFaultsChooseTheirCalls(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	stand.Script(
		aftershiptest.Status(500).On("POST", "/trackings").After(1).Times(2),
		aftershiptest.Status(503).On("GET", ""),
	)
	got := []int{}
	for _, method := range []string{"POST", "POST", "GET", "POST", "POST", "GET"} {
		got = append(got, call(t, stand, method, newestTrackings, `{"tracking_number":"`+upsNumber+`"}`).status)
	}
	want := []int{201, 500, 503, 500, 400, 200}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("statuses are %v, want %v", got, want)
		}
	}
}

func TestControlEndpoints(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	control := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		stand.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	if status, _ := control("POST", "/_faults", `{"kind":"status","status":502,"times":1}`); status != 204 {
		t.Fatalf("scripting a fault answers %d", status)
	}
	wantCode(t, call(t, stand, "POST", newestTrackings, `{"tracking_number":"`+upsNumber+`"}`), 502, 502)
	wantCode(t, call(t, stand, "POST", newestTrackings, `{"tracking_number":"`+upsNumber+`"}`), 201, 201)
	for _, path := range []string{"/_journal", "/_trackings"} {
		status, body := control("GET", path, "")
		if status != 200 || !strings.Contains(body, upsNumber) || strings.Contains(body, aftershiptest.ValidKey) {
			t.Errorf("%s answers %d %s", path, status, body)
		}
	}
	for _, bad := range []string{`{`, `{"kind":"other"}`, `{"kind":"status","status":99}`, `{"unknown":1}`} {
		if status, _ := control("POST", "/_faults", bad); status != 400 {
			t.Errorf("fault %s answers %d", bad, status)
		}
	}
	if status, _ := control("GET", "/_other", ""); status != 404 {
		t.Errorf("an unknown control endpoint answers %d", status)
	}
}

func TestJournalFilters(t *testing.T) {
	t.Parallel()
	clock := newClock()
	stand := aftershiptest.New(aftershiptest.WithClock(clock.Now))
	call(t, stand, "POST", newestTrackings, `{"tracking_number":"`+upsNumber+`"}`)
	clock.Advance(time.Second)
	call(t, stand, "GET", newestTrackings, "")
	tests := map[string]struct {
		filter aftershiptest.Filter
		want   int
	}{
		"method":   {aftershiptest.ByMethod("POST"), 1},
		"endpoint": {aftershiptest.ByEndpoint("/trackings"), 2},
		"number":   {aftershiptest.ByNumber(upsNumber), 1},
		"status":   {aftershiptest.ByStatus(200), 1},
		"time":     {aftershiptest.Since(noon.Add(time.Second)), 1},
	}
	for name, test := range tests {
		if got := len(stand.Journal(test.filter)); got != test.want {
			t.Errorf("%s: %d entries, want %d", name, got, test.want)
		}
	}
	if key := stand.Journal()[0].Header.Get("as-api-key"); key != aftershiptest.ValidKey {
		t.Errorf("key in the journal is %q", key)
	}
	stand.ForgetJournal()
	if len(stand.Journal()) != 0 || len(stand.Trackings()) != 1 {
		t.Error("forgetting the journal does not do just that")
	}
}

// TestFaultsDrawn: chosen faults come before scripted ones, a late call takes effect
// late, a slow answer and a broken one after it, and all writes are told in order.
func TestFaultsDrawn(t *testing.T) {
	t.Parallel()
	faults := []aftershiptest.Fault{
		aftershiptest.Late(time.Millisecond), aftershiptest.Slow(time.Millisecond), aftershiptest.Garbled(),
		aftershiptest.Reset().AfterStore(), aftershiptest.Garbled(),
	}
	var told []string
	stand := aftershiptest.New(
		aftershiptest.WithFaults(func(string, string) (aftershiptest.Fault, bool) {
			if len(faults) == 0 {
				return aftershiptest.Fault{}, false
			}
			next := faults[0]
			faults = faults[1:]
			return next, true
		}),
		aftershiptest.WithWriteWatcher(func(e aftershiptest.Exchange) { told = append(told, e.Number) }),
	)
	base := stand.Start(t)
	for i, number := range []string{
		"1Z999AA10123456780", "1Z999AA10123456781", "1Z999AA10123456782", "1Z999AA10123456783", "1Z999AA10123456782",
	} {
		status, body, err := post(t.Context(), t, base, number)
		switch i {
		case 0, 1:
			if status != http.StatusCreated || !strings.HasSuffix(body, "}") || err != nil {
				t.Errorf("%s: %d %s %v", number, status, body, err)
			}
		case 2:
			if status != http.StatusCreated || strings.HasSuffix(body, "}}") {
				t.Errorf("%s: %d %s", number, status, body)
			}
		case 3:
			if err == nil {
				t.Errorf("%s: no reset", number)
			}
		default:
			if status != http.StatusBadRequest || !strings.Contains(body, "4003") || !strings.HasSuffix(body, "}") {
				t.Errorf("a refusal is %d %s", status, body)
			}
		}
	}
	if want := []string{
		"1Z999AA10123456780", "1Z999AA10123456781", "1Z999AA10123456782", "1Z999AA10123456783",
	}; !slices.Equal(told, want) {
		t.Errorf("told of %q", told)
	}
}

// TestLateByNothing: a delay that was drawn may be none.
func TestLateByNothing(t *testing.T) {
	t.Parallel()
	stand := aftershiptest.New()
	stand.Script(aftershiptest.Late(0))
	status, _, err := post(t.Context(), t, stand.Start(t), "1Z999AA10123456780")
	if status != http.StatusCreated || err != nil {
		t.Errorf("%d, %v", status, err)
	}
}
