package sdk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
)

const canary = "canary-4711-abc"

func post(t *testing.T, ctx context.Context, url string) *http.Request { //nolint:revive // t comes first in tests.
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", canary)
	return request
}

func TestDoAnswers(t *testing.T) {
	t.Parallel()
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "/broken":
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte("slow down"))
		case "/large":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 3<<20))
		default:
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write([]byte("short and stout"))
		}
	}))
	t.Cleanup(remote.Close)
	client := sdk.NewClient()

	for _, test := range []struct {
		path      string
		status    int
		bytes     int
		truncated bool
	}{
		{"/teapot", http.StatusTeapot, 15, false},
		{"/redirect", http.StatusFound, 0, false},
		{"/broken", http.StatusTooManyRequests, 9, true},
		{"/large", http.StatusOK, 1 << 20, true},
	} {
		answer, err := client.Do(post(t, t.Context(), remote.URL+test.path))
		if err != nil {
			t.Fatalf("%s: %v", test.path, err)
		}
		if answer.Status != test.status || len(answer.Body) != test.bytes ||
			answer.Truncated != test.truncated || !answer.Written {
			t.Errorf("%s: status %d, %d bytes, %+v", test.path, answer.Status, len(answer.Body), answer.Truncated)
		}
	}
}

func TestDoSaysWhatMayHaveArrived(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 1)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // Only then does the server notice the end.
		arrived <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(broken.Close)
	var listening net.ListenConfig
	closed, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	client := sdk.NewClient()

	t.Run("canceled after it arrived", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			<-arrived
			cancel()
		}()
		answer, err := client.Do(post(t, ctx, silent.URL+"/?key="+canary))
		if !errors.Is(err, context.Canceled) || !answer.Written {
			t.Errorf("written %v, %v", answer.Written, err)
		}
		noCanary(t, err.Error())
	})
	t.Run("ended before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		answer, err := client.Do(post(t, ctx, silent.URL))
		if !errors.Is(err, context.Canceled) || answer.Written {
			t.Errorf("written %v, %v", answer.Written, err)
		}
	})
	t.Run("connection broken after it arrived", func(t *testing.T) {
		t.Parallel()
		answer, err := client.Do(post(t, t.Context(), broken.URL+"/?key="+canary))
		if err == nil || !answer.Written {
			t.Errorf("written %v, %v", answer.Written, err)
		}
		noCanary(t, err.Error())
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		answer, err := client.Do(post(t, t.Context(), "http://"+closed.Addr().String()+"/?key="+canary))
		if err == nil || answer.Written {
			t.Fatalf("written %v, %v", answer.Written, err)
		}
		noCanary(t, err.Error())
		if got := sdk.FromError(err, answer.Written).Reason(); got != "NOT_CONNECTED" {
			t.Error(got)
		}
	})
	t.Run("TLS refused", func(t *testing.T) {
		t.Parallel()
		answer, err := client.Do(post(t, t.Context(), strings.Replace(broken.URL, "http:", "https:", 1)))
		if err == nil || answer.Written {
			t.Fatalf("written %v, %v", answer.Written, err)
		}
		if got := sdk.FromError(err, answer.Written).Reason(); got != "TLS_FAILED" {
			t.Error(got)
		}
	})
}

func noCanary(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, canary) {
		t.Error("the secret is in the text")
	}
}

// TestHangingRequestsHoldNobodyUp: any number of them at a host leaves room for
// another account's request to the same host (promise P5).
func TestHangingRequestsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	const hanging = 600
	arrived, release := make(chan struct{}, hanging), make(chan struct{})
	remote := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hangs" {
			arrived <- struct{}{}
			<-release
		}
	}))
	t.Cleanup(remote.Close)
	client := sdk.NewClient()
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	for range hanging {
		request := post(t, t.Context(), remote.URL+"/hangs")
		running.Go(func() { _, _ = client.Do(request) }) // It ends with the context or the remote.
	}
	for range hanging {
		<-arrived
	}
	answer, err := client.Do(post(t, t.Context(), remote.URL+"/answers"))
	if err != nil || answer.Status != http.StatusOK {
		t.Errorf("status %d, %v", answer.Status, err)
	}
}

// TestDoReadsBodiesOfAnySize: announced or not, up to what Do keeps and beyond.
func TestDoReadsBodiesOfAnySize(t *testing.T) {
	t.Parallel()
	sizes := []int{0, 1, 511, 512, 513, 64<<10 - 1, 64 << 10, 64<<10 + 1, 1<<20 - 1, 1 << 20, 1<<20 + 1}
	remote := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size, _ := strconv.Atoi(r.URL.Query().Get("size"))
		if r.URL.Path == "/announced" {
			w.Header().Set("Content-Length", strconv.Itoa(size))
		} else {
			w.(http.Flusher).Flush() // In chunks.
		}
		_, _ = w.Write(bytes.Repeat([]byte("x"), size))
	}))
	t.Cleanup(remote.Close)
	client := sdk.NewClient()
	for _, path := range []string{"/announced", "/chunked"} {
		for _, size := range sizes {
			answer, err := client.Do(post(t, t.Context(), fmt.Sprintf("%s%s?size=%d", remote.URL, path, size)))
			if err != nil {
				t.Fatalf("%s of %d bytes: %v", path, size, err)
			}
			if want := min(size, 1<<20); len(answer.Body) != want || answer.Truncated != (size > want) {
				t.Errorf("%s of %d bytes: got %d, truncated %v", path, size, len(answer.Body), answer.Truncated)
			}
		}
	}
}

// TestDoAuthenticatesTheUserOfTheURL: and leaves the request as it was.
func TestDoAuthenticatesTheUserOfTheURL(t *testing.T) {
	t.Parallel()
	remote := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "shop" || password != canary {
			t.Errorf("user %q, password %q, %v", user, password, ok)
		}
	}))
	t.Cleanup(remote.Close)
	for _, header := range []http.Header{nil, {}} {
		request := post(t, t.Context(), strings.Replace(remote.URL, "http://", "http://shop:"+canary+"@", 1))
		request.Header = header
		answer, err := sdk.NewClient().Do(request)
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("status %d, %v", answer.Status, err)
		}
		if len(request.Header) != 0 {
			t.Error("the caller's request has another header")
		}
	}
}

// TestDoAfterTheDeadline: nothing begins once the time is over, even while the timer
// of the context is late.
func TestDoAfterTheDeadline(t *testing.T) {
	t.Parallel()
	remote := plugintest.NewRemote(t, nil)
	answer, err := sdk.NewClient().Do(post(t, lateContext{t.Context()}, remote.URL()))
	if !errors.Is(err, context.DeadlineExceeded) || answer.Written || len(remote.Requests()) > 0 {
		t.Errorf("%v, %+v, %d requests", err, answer, len(remote.Requests()))
	}
	if r := sdk.FromError(err, answer.Written); r.Reason() != "DEADLINE_BEFORE_SEND" {
		t.Errorf("%v %s", r.Outcome(), r.Reason())
	}
}

// lateContext has a deadline that has passed, and does not know.
type lateContext struct{ context.Context } //nolint:containedctx // It is one.

// Deadline implements context.Context.
func (lateContext) Deadline() (time.Time, bool) { return time.Now(), true }
