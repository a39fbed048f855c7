package sdk

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// mostGarbage bytes may lie about before they are collected.
	mostGarbage = 256 << 20
	// mostPercent and leastPercent bound the garbage by the live heap. The least is
	// Go's default.
	mostPercent, leastPercent = 800, 100
)

// collectLess spends memory on less garbage collection: the live heap of a plugin is
// mostly small, and at full load collecting it at Go's pace would take a fifth of its
// time. GOGC, where it reaches the process, has the last word.
func collectLess() {
	if os.Getenv("GOGC") != "" {
		return
	}
	p := &gcPace{live: liveHeap, set: func(percent int) { debug.SetGCPercent(percent) }}
	p.keep()
}

// gcPace keeps the pace of the garbage collection to the size of the live heap.
type gcPace struct {
	live    func() uint64
	set     func(percent int)
	percent int
}

// keep sets the pace now and after each collection.
func (p *gcPace) keep() {
	if percent := percentFor(p.live()); percent != p.percent {
		p.percent = percent
		p.set(percent)
	}
	// The next collection finds the canary dead, and then its finalizer runs. It has a
	// pointer, as tiny objects without one die together.
	type canary struct{ p *gcPace }
	runtime.SetFinalizer(&canary{p}, func(c *canary) { c.p.keep() })
}

// percentFor is how much garbage to allow, in percent of the live heap.
func percentFor(live uint64) int {
	percent := mostPercent
	for percent > leastPercent && live/100*uint64(percent) > mostGarbage {
		percent /= 2
	}
	return percent
}

// liveHeap is how many bytes the last collection found in use.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
