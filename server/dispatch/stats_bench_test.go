package dispatch

import (
	"testing"

	"github.com/spurline/spurline/server/store"
)

// BenchmarkGauges is what the numbers of Stats cost the loop: show at each of its
// steps, count for each delivery that is taken up or done.
func BenchmarkGauges(b *testing.B) {
	l := newLoop(New(Options{}))
	for _, plugin := range []string{"aftership", "zoho"} {
		l.load(plugin)
	}
	busy := newLane(1)
	busy.connection = &store.Connection{Plugin: "aftership", State: store.Active}
	b.Run("show", func(b *testing.B) {
		for b.Loop() {
			l.show()
		}
	})
	b.Run("count", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if i%2 == 0 {
				busy.underWay[1] = underWay{}
			} else {
				delete(busy.underWay, 1)
			}
			l.count(busy)
		}
	})
}
