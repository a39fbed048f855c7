package inventory

import (
	"net/http"
	"strconv"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
)

// Waits where Zoho does not say how long (sections 7 and 8).
const (
	// blockWait is for an organisation that is blocked: half an hour was seen.
	blockWait = 30 * time.Minute
	// quotaWait is for a quota that is used up: it ends at midnight of the
	// organisation, which is nearer with every try.
	quotaWait = time.Hour
	// crowdWait is for too many calls at once.
	crowdWait = 5 * time.Second
	// otherWait is for a 429 that gives no reason.
	otherWait = time.Minute
)

// DayWait reads from an answer how long no call of today is left, 0 if there is one. Share
// is how much of the daily quota may be used, in percent.
func DayWait(a *sdk.Answer, share int) time.Duration {
	if limit, remaining, reset, ok := dailyQuota(a.Header); ok && share < 100 && remaining <= limit*(100-share)/100 {
		return reset
	}
	return 0
}

// RefusalWait reads from an answer how long the organisation may not be called, 0 for not
// at all.
func RefusalWait(a *sdk.Answer, now time.Time) time.Duration {
	const longestRefusal = 4 << 10
	if a.Status < 300 && len(a.Body) > longestRefusal {
		return 0 // A success, and long: it is read once, by whoever asked.
	}
	told := sdk.ReadRetryAfter(a.Header, now)
	switch code := ReadEnvelope(a.Body).Code; {
	case code == codeBlocked || code == codeBlockedOlder:
		return orElse(told, blockWait)
	case code == codeQuota:
		_, _, reset, _ := dailyQuota(a.Header)
		return max(orElse(told, quotaWait), reset)
	case code == codeCrowded:
		return orElse(told, crowdWait)
	case a.Status == http.StatusTooManyRequests:
		return orElse(told, otherWait)
	case a.Status == http.StatusServiceUnavailable:
		return told
	default:
		return 0
	}
}

func orElse(told, usual time.Duration) time.Duration {
	if told > 0 {
		return told
	}
	return usual
}

// dailyQuota reads the headers that most answers have (section 8): calls a day, those
// left, and the time until they begin anew.
func dailyQuota(header http.Header) (limit, remaining int, reset time.Duration, ok bool) {
	limit, err := strconv.Atoi(header.Get("x-rate-limit-limit"))
	if err != nil || limit <= 0 {
		return 0, 0, 0, false
	}
	remaining, err = strconv.Atoi(header.Get("x-rate-limit-remaining"))
	if err != nil {
		return 0, 0, 0, false
	}
	seconds, err := strconv.Atoi(header.Get("x-rate-limit-reset"))
	if err != nil || seconds < 0 {
		seconds = 0
	}
	const day = 24 * 60 * 60
	return limit, remaining, time.Duration(min(seconds, day)) * time.Second, true
}

// Quota is the organisation's daily quota as an answer told it.
func (a Answer) Quota() (limit, remaining int, ok bool) {
	limit, remaining, _, ok = dailyQuota(a.Header)
	return limit, remaining, ok
}

// Delay is how long the organisation has to wait after a refusal.
func (a Answer) Delay(now time.Time) time.Duration {
	return RefusalWait(&sdk.Answer{Status: a.Status, Header: a.Header, Body: a.Body}, now)
}
