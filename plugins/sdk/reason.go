package sdk

// reasonMissing stands in for a reason that is not stable.
const reasonMissing = "REASON_MISSING"

// longestReason is the most characters of a reason.
const longestReason = 64

// stableReason returns reason if it is UPPER_SNAKE, else REASON_MISSING.
func stableReason(reason string) string {
	if len(reason) == 0 || len(reason) > longestReason {
		return reasonMissing
	}
	underscore := true // None at the start.
	for i := range len(reason) {
		switch c := reason[i]; {
		case c >= 'A' && c <= 'Z':
			underscore = false
		case c >= '0' && c <= '9':
			if i == 0 {
				return reasonMissing
			}
			underscore = false
		case c == '_' && !underscore:
			underscore = true
		default:
			return reasonMissing
		}
	}
	if underscore {
		return reasonMissing
	}
	return reason
}
