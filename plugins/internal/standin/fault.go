package standin

import (
	"net/http"
	"time"
)

// Fault is one scripted failure of a stand-in S: it happens instead of the answer, or,
// with AfterStore, after the call took effect.
type Fault[S any] struct {
	method, endpoint string
	times            int
	skip             int
	afterStore       bool
	// late is how long the call waits before it takes effect; change holds for it.
	late         time.Duration
	change       func(S) (undo func())
	happen       func(Call[S])
	status, code int
}

// Call is what a fault happens to.
type Call[S any] struct {
	Server  S
	Writer  http.ResponseWriter
	Request *http.Request
	Release *Release
	// Normal is the true answer if the call took effect.
	Normal Answer
}

// New makes a fault that happens once. The journal tells status and code, 0 for none.
func New[S any](status, code int, happen func(Call[S])) Fault[S] {
	return Fault[S]{times: 1, status: status, code: code, happen: happen}
}

// Late takes effect that much later and then answers as usual. A client that has gone
// by then has changed nothing.
func Late[S any](delay time.Duration) Fault[S] { return Fault[S]{times: 1, late: delay} }

// Changed answers as usual while something about the stand-in is different. Both
// functions are called with its state locked.
func Changed[S any](change func(S) (undo func())) Fault[S] { return Fault[S]{times: 1, change: change} }

// On restricts the fault to a method and an endpoint as the stand-in names them, such
// as "/orders/{id}"; an empty one matches all.
func (f Fault[S]) On(method, endpoint string) Fault[S] {
	f.method, f.endpoint = method, endpoint
	return f
}

// Times is how often it happens, once if not called.
func (f Fault[S]) Times(n int) Fault[S] {
	f.times = n
	return f
}

// After lets that many matching calls through first.
func (f Fault[S]) After(calls int) Fault[S] {
	f.skip = calls
	return f
}

// AfterStore lets the call take effect and loses the answer.
func (f Fault[S]) AfterStore() Fault[S] {
	f.afterStore = true
	return f
}

// AsUsual tells that the call is answered as usual, if later or under a change.
func (f *Fault[S]) AsUsual() bool { return f.happen == nil }

// LosesAnswer tells that the call takes effect before the fault happens.
func (f *Fault[S]) LosesAnswer() bool { return f.afterStore }

// Told is what the journal says: the status and the code of the answer.
func (f *Fault[S]) Told() (status, code int) { return f.status, f.code }

// Await waits until a call that is AsUsual takes effect; false if its client has gone.
func (f *Fault[S]) Await(r *http.Request, release *Release) bool { return release.Wait(r, f.late) }

// Change makes the change for a call that is AsUsual, until undo is called.
func (f *Fault[S]) Change(server S) (undo func()) {
	if f.change == nil {
		return func() {}
	}
	return f.change(server)
}

// Happen does to the call what the fault is. It may panic with http.ErrAbortHandler, as
// a handler does.
func (f *Fault[S]) Happen(c Call[S]) { f.happen(c) }
