package sdk

import (
	"runtime"
	"sync/atomic"
	"testing"
)

func TestPercentForLiveHeap(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{
		0: 800, 4 << 20: 800, 32 << 20: 800, 33 << 20: 400, 64 << 20: 400, 65 << 20: 200, 128 << 20: 200, 129 << 20: 100,
		1 << 40: 100,
	} {
		if got := percentFor(live); got != want {
			t.Errorf("%d MiB live: %d %%, want %d", live>>20, got, want)
		}
	}
}

// TestPaceFollowsTheLiveHeap: each collection looks at it again.
func TestPaceFollowsTheLiveHeap(t *testing.T) {
	t.Parallel()
	var live atomic.Uint64
	set := make(chan int, 1)
	p := &gcPace{live: live.Load, set: func(percent int) { set <- percent }}
	p.keep()
	if got := <-set; got != 800 {
		t.Fatalf("it begins with %d %%", got)
	}
	for _, step := range []struct {
		live uint64
		want int
	}{{1 << 30, 100}, {1 << 20, 800}} {
		live.Store(step.live)
		for got := 0; got == 0; {
			runtime.GC()
			select {
			case got = <-set:
				if got != step.want {
					t.Errorf("%d MiB live: %d %%, want %d", step.live>>20, got, step.want)
				}
			default: // The finalizer is still to run.
				runtime.Gosched()
			}
		}
	}
}
