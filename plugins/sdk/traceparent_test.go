package sdk_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
)

const (
	traceID     = "4bf92f3577b34da6a3ce929d0e0e4736"
	traceparent = "00-" + traceID + "-00f067aa0ba902b7-01"
)

// traces is a plugin that makes a request per delivery and logs a line of it.
func traces(url string, sends bool, seen func(*sdk.TrackingDelivery)) sdk.Plugin[scriptSettings, *scriptInstance] {
	forward := func(env sdk.Env, _ scriptSettings, ctx context.Context, d *sdk.TrackingDelivery) sdk.Result {
		seen(d)
		env.Logger.InfoContext(ctx, "forwarding")
		env.Logger.Info("without context")
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/"+d.ID, nil)
		if err != nil {
			return sdk.Rejected("BAD_REQUEST", err.Error())
		}
		answer, err := env.HTTP.Do(request)
		if err != nil {
			return sdk.FromError(err, answer.Written)
		}
		if len(request.Header) > 0 {
			return sdk.Rejected("HEADER_CHANGED", "")
		}
		return sdk.Delivered("")
	}
	p := (&script{forward: forward}).plugin()
	p.SendTraceparent = sends
	return p
}

// An author reads the trace of a delivery, what is logged of it names the trace, and the
// extra interface gets to see it only if the plugin says so.
func TestTraceOfADelivery(t *testing.T) {
	t.Parallel()
	const later = "7f-" + traceID + "-00f067aa0ba902b7-01-more"
	cases := map[string]struct{ came, reads, id string }{
		"traced":        {traceparent, traceparent, traceID},
		"later version": {later, later, traceID},
		"none":          {"", "", ""},
		"too short":     {traceparent[1:], "", ""},
		"upper case":    {strings.ToUpper(traceparent), "", ""},
		"other dashes":  {strings.ReplaceAll(traceparent, "-", "_"), "", ""},
		"line break":    {"7f" + traceparent[2:] + "-\r\nX-Other: 1", "", ""},
		"endless":       {"7f" + traceparent[2:] + strings.Repeat("-more", 100), "", ""},
	}
	for name, sends := range map[string]bool{"sent on": true, "kept": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			arrived, read := map[string]string{}, map[string]sdk.Delivery{}
			remote := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				mu.Lock()
				defer mu.Unlock()
				arrived[r.URL.Path[1:]] = strings.Join(r.Header.Values("traceparent"), ",")
			}))
			t.Cleanup(remote.Close)
			host := plugintest.New(t, traces(remote.URL, sends, func(d *sdk.TrackingDelivery) {
				mu.Lock()
				defer mu.Unlock()
				read[d.ID] = d.Delivery
			}))
			all := deliveries(0)
			for id, c := range cases {
				d := plugintest.Tracking(strings.ReplaceAll(id, " ", "-"), "T")
				d.Header.Traceparent = c.came
				all = append(all, d)
			}
			for id, r := range host.Forward(nil, secrets, all...) {
				if r.GetOutcome().String() != "OUTCOME_DELIVERED" {
					t.Errorf("%s: %v", id, r)
				}
			}
			logged := map[any]int{}
			for line := range strings.Lines(host.Log()) {
				fields := map[string]any{}
				if err := json.Unmarshal([]byte(line), &fields); err != nil {
					t.Fatal(err)
				}
				if fields["msg"] == "forwarding" {
					logged[fields["trace_id"]]++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for id, c := range cases {
				id = strings.ReplaceAll(id, " ", "-")
				if got := read[id]; got.Traceparent != c.reads || got.TraceID() != c.id {
					t.Errorf("%s: the plugin reads %q of trace %q", id, got.Traceparent, got.TraceID())
				}
				want := ""
				if sends {
					want = c.reads
				}
				if got, came := arrived[id]; got != want || !came {
					t.Errorf("%s: %q arrives, want %q", id, got, want)
				}
			}
			if logged[traceID] != 2 || logged[nil] != len(cases)-2 {
				t.Errorf("lines by trace: %v", logged)
			}
		})
	}
}

// A request that has a traceparent of its own keeps it.
func TestTraceparentOfTheRequestWins(t *testing.T) {
	t.Parallel()
	arrived := make(chan []string, 1)
	remote := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		arrived <- r.Header.Values("traceparent")
	}))
	t.Cleanup(remote.Close)
	own := "00-" + traceID + "-1111111111111111-01"
	p := (&script{forward: func(env sdk.Env, _ scriptSettings, ctx context.Context, _ *sdk.TrackingDelivery) sdk.Result {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, remote.URL, nil)
		if err != nil {
			return sdk.Rejected("BAD_REQUEST", err.Error())
		}
		request.Header.Set("Traceparent", own)
		answer, err := env.HTTP.Do(request)
		if err != nil {
			return sdk.FromError(err, answer.Written)
		}
		return sdk.Delivered("")
	}}).plugin()
	p.SendTraceparent = true
	d := plugintest.Tracking("d", "T")
	d.Header.Traceparent = traceparent
	plugintest.New(t, p).Forward(nil, secrets, d)
	if got := <-arrived; len(got) != 1 || got[0] != own {
		t.Errorf("traceparent %q arrives, want %q", got, own)
	}
}

// A panic is logged with the trace of the delivery that it spoilt.
func TestPanicIsLoggedWithItsTrace(t *testing.T) {
	t.Parallel()
	p := (&script{forward: func(sdk.Env, scriptSettings, context.Context, *sdk.TrackingDelivery) sdk.Result {
		panic("spoilt")
	}}).plugin()
	d := plugintest.Tracking("d", "T")
	d.Header.Traceparent = traceparent
	host := plugintest.New(t, p)
	host.Forward(nil, secrets, d)
	if log := host.Log(); strings.Count(log, `"trace_id":"`+traceID+`"`) != 1 {
		t.Errorf("the log is %s", log)
	}
}
