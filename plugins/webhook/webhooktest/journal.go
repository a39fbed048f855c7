package webhooktest

import (
	"net/http"
	"slices"
	"time"
)

// Exchange is one request in the journal.
type Exchange struct {
	// Time the request arrived, by the receiver's clock.
	Time time.Time
	// Method, URL, Header and Raw as received.
	Method, URL string
	Header      http.Header
	Raw         []byte
	// ID and Timestamp of the headers.
	ID        string
	Timestamp time.Time
	// Signatures are those of version v1, Matches those that fit a secret.
	Signatures, Matches int
	// Body is decoded if it is a JSON object: numbers are json.Number. Type, Happened,
	// Data and Record (the order or the tracking record in data) are in it.
	Body         map[string]any
	Type         string
	Happened     time.Time
	Data, Record map[string]any
	// Problems are what is not as the specification or Spurline promise.
	Problems []string
	// Status of the answer. A scripted fault has the status it sent, 0 for none, and
	// Faulted.
	Status  int
	Faulted bool
	// Taken says that the event took effect, Repeat that its id was taken before.
	Taken, Repeat bool

	unauthorized bool
}

// Journal is the requests received, oldest first.
func (r *Receiver) Journal() []Exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.journal)
}

// Taken is the events that took effect, oldest first, each id once.
func (r *Receiver) Taken() []Exchange {
	return slices.DeleteFunc(r.Journal(), func(e Exchange) bool { return !e.Taken || e.Repeat })
}

// ForgetJournal empties the journal and keeps the ids that were seen.
func (r *Receiver) ForgetJournal() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.journal = nil
}
