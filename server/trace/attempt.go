package trace

import "time"

// Attempt is what is recorded of an attempt at a delivery. It has ids of ours and stable
// words, and nothing of what is delivered.
type Attempt struct {
	// Merchant, Connection, Plugin and Delivery are their ids.
	Merchant, Connection, Plugin, Delivery string
	// Number of the attempt, from 1.
	Number int
	// Outcome and Reason as an operator reads them, Reason may be empty.
	Outcome, Reason string
	// HTTPStatus is 0 if there was none.
	HTTPStatus int
	// Failed: it has to be done again, or cannot be done.
	Failed bool
	End    time.Time
}
