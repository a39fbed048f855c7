package plugintest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/spurline/spurline/plugins/internal/standin"
)

// Answer is what a Remote does with one request in the place of its handler.
type Answer func(r *Remote, w http.ResponseWriter, request *http.Request)

// Respond answers with the status and body. The header is names and values in
// turn: Respond(429, "", "Retry-After", "2"). A body without a Content-Type is
// announced as JSON.
func Respond(status int, body string, header ...string) Answer {
	return func(_ *Remote, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// Pass lets the handler answer, so that a script can name a later request.
func Pass() Answer {
	return func(r *Remote, w http.ResponseWriter, request *http.Request) { r.handler.ServeHTTP(w, request) }
}

// Reset ends the connection without an answer and without any effect.
func Reset() Answer {
	return func(_ *Remote, w http.ResponseWriter, _ *http.Request) { standin.BreakOff(w) }
}

// Lost has the handler take the request, and then ends the connection without an
// answer: what was sent arrived, and nobody knows.
func Lost() Answer {
	return func(r *Remote, w http.ResponseWriter, request *http.Request) {
		r.handler.ServeHTTP(httptest.NewRecorder(), request)
		standin.BreakOff(w)
	}
}

// Hang does not answer until the client gives up or the test ends.
func Hang() Answer {
	return func(r *Remote, _ http.ResponseWriter, request *http.Request) {
		select {
		case <-request.Context().Done():
		case <-r.closing:
		}
		panic(http.ErrAbortHandler)
	}
}

// Slow has the handler answer after the time.
func Slow(d time.Duration) Answer {
	return func(r *Remote, w http.ResponseWriter, request *http.Request) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			r.handler.ServeHTTP(w, request)
		case <-request.Context().Done():
			panic(http.ErrAbortHandler)
		case <-r.closing:
			panic(http.ErrAbortHandler)
		}
	}
}

// Garbage answers 200 with bytes that are neither JSON nor text.
func Garbage() Answer { return Respond(http.StatusOK, "\x00\xff{<html>\xfe") }

// Cut answers 200 and ends the connection in the middle of the body.
func Cut() Answer {
	return func(_ *Remote, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"half":`)
		panic(http.ErrAbortHandler)
	}
}
