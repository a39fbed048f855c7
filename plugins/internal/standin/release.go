package standin

import (
	"net/http"
	"sync"
	"time"
)

// Release is the end of all holding back, when a stand-in stops. All methods may be
// called at once.
type Release struct {
	once sync.Once
	done chan struct{}
}

// NewRelease makes one that is still to come.
func NewRelease() *Release { return &Release{done: make(chan struct{})} }

// Now ends what is held back, now and later. It may be called again.
func (r *Release) Now() { r.once.Do(func() { close(r.done) }) }

// Wait holds a call back for a time, unless the client gives up or the release comes
// before; false if the client has gone.
func (r *Release) Wait(request *http.Request, delay time.Duration) bool {
	if delay > 0 {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.done:
		case <-request.Context().Done():
		}
	}
	return request.Context().Err() == nil
}

// Hang holds a call back until its client gives up or the release comes, and then
// panics with http.ErrAbortHandler, so that there is no answer.
func (r *Release) Hang(request *http.Request) {
	select {
	case <-request.Context().Done():
	case <-r.done:
	}
	panic(http.ErrAbortHandler)
}
