package zoho

import (
	"net/http"
	"strconv"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// governor holds back calls that Zoho would block the organisation for, and those that
// the merchant leaves for people. Both are shared by the connections of an organisation;
// the latter by those with the same share of the day, so that raising it counts at once.
type governor struct {
	all, day *sdk.Limiter
	http     *sdk.Client
}

// governor is that of the connection's organisation (section 8). A tenth of a minute's
// calls may go at once.
func (c *Copier) governor() governor {
	share := c.rules.DailyShare
	return governor{
		all: c.env.Limiter("zoho", sdk.Limits{
			RequestsPerSecond: float64(c.rules.CallsPerMinute) / time.Minute.Seconds(),
			Burst:             max(c.rules.CallsPerMinute/10, 1),
			Concurrency:       c.rules.ConcurrentCalls,
			LongestWait:       longestTurn,
			Wait:              inventory.RefusalWait,
		}),
		day: c.env.Limiter("zoho "+strconv.Itoa(share)+" % of a day", sdk.Limits{
			Wait: func(a *sdk.Answer, _ time.Time) time.Duration { return inventory.DayWait(a, share) },
		}),
		http: c.env.HTTP,
	}
}

// Do implements sdk.Sender.
func (g governor) Do(request *http.Request) (*sdk.Answer, error) {
	done, err := g.all.Take(request.Context())
	if err != nil {
		return &sdk.Answer{}, err
	}
	today, err := g.day.Take(request.Context()) // Last, as a turn can take a while.
	if err != nil {
		done(nil)
		return &sdk.Answer{}, err
	}
	answer, err := g.http.Do(request)
	today(answer)
	done(answer)
	return answer, err
}
