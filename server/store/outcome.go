package store

import "strconv"

// String returns the outcome's name as the API writes it.
func (o Outcome) String() string {
	switch o {
	case OutcomeDelivered:
		return "DELIVERED"
	case OutcomeAlreadyPresent:
		return "ALREADY_PRESENT"
	case OutcomeSkipped:
		return "SKIPPED"
	case OutcomeRetry:
		return "RETRY"
	case OutcomeThrottled:
		return "THROTTLED"
	case OutcomeRejected:
		return "REJECTED"
	case OutcomeUnauthorized:
		return "UNAUTHORIZED"
	case OutcomeUnknown:
		return "UNKNOWN"
	case OutcomePluginLost:
		return "PLUGIN_LOST"
	}
	return "OUTCOME_" + strconv.Itoa(int(o))
}

// Good says whether it ended the delivery as was wanted.
func (o Outcome) Good() bool {
	return o == OutcomeDelivered || o == OutcomeAlreadyPresent || o == OutcomeSkipped
}
