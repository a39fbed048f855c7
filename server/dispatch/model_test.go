package dispatch_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// schedule is everything that is random in a run.
type schedule struct {
	// mask says how plugins misbehave, percent how often. What each does is drawn from
	// the seed.
	mask, percent int
	seed          uint64
	// poison: one record ends every process that it is given to.
	poison bool
	steps  []step
}

// String is Go, to be kept as a test.
func (s schedule) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "schedule{mask: %#x, percent: %d, seed: %d, poison: %t, steps: []step{\n",
		s.mask, s.percent, s.seed, s.poison)
	for _, step := range s.steps {
		fmt.Fprintf(&text, "\t%v,\n", step)
	}
	text.WriteString("}}")
	return text.String()
}

// frequent steps stand here more often.
var frequent = []op{
	order, order, order, tracking, tracking, tracking, tracking, pass, pass, pass, pass, connect, edit, refilter,
	setState, setState, remove, retry, retry, retryAll, cancel, plugin, recheck, restart, crash, crash,
}

func schedules() *rapid.Generator[schedule] {
	small := rapid.IntRange(0, 7)
	steps := rapid.Custom(func(t *rapid.T) step {
		return step{
			op: rapid.SampledFrom(frequent).Draw(t, "op"), a: small.Draw(t, "a"), b: small.Draw(t, "b"),
			c: small.Draw(t, "c"), rush: rapid.IntRange(0, 3).Draw(t, "rush") == 3,
		}
	})
	return rapid.Custom(func(t *rapid.T) schedule {
		s := schedule{
			mask: rapid.IntRange(0, 1<<misbehaviours-1).Draw(t, "mask"), percent: rapid.IntRange(0, 80).Draw(t, "percent"),
			seed: rapid.Uint64Range(0, 1000).Draw(t, "seed"), poison: rapid.IntRange(0, 7).Draw(t, "poison") == 7,
		}
		for range 2 {
			s.steps = append(s.steps, step{
				op: connect, a: small.Draw(t, "a"), b: small.Draw(t, "b"), c: small.Draw(t, "c"),
			})
		}
		for range 6 { // One list would have five elements on average.
			s.steps = append(s.steps, rapid.SliceOfN(steps, 0, 20).Draw(t, "steps")...)
		}
		return s
	})
}

// play runs a schedule and returns the first fault, and what happened.
func play(t *testing.T, folder string, s schedule) (fault string, sends, arrivals int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &modelRun{ctx: t.Context(), folder: folder, model: newModel(s)}
		defer func() {
			fault, sends, arrivals = r.fault, r.sends, r.arrivals
		}()
		r.start()
		defer func() {
			if r.fault != "" {
				r.gate.die()
			}
			r.stop()
		}()
		defer func() {
			if p := recover(); p != nil && p != (halt{}) {
				panic(p)
			}
		}()
		r.do(step{op: connect, a: s.mask, b: int(s.seed), c: s.percent})
		r.steps(s.steps)
		if r.fault == "" {
			r.mend()
		}
	})
	return fault, sends, arrivals
}

func (r *modelRun) steps(steps []step) {
	for _, s := range steps {
		r.do(s)
		if s.rush {
			continue
		}
		r.pass(time.Millisecond) // So that the model can tell before from after.
		r.check()
		if r.fault != "" {
			return
		}
	}
	r.pass(time.Millisecond)
	r.check()
}

// memoryFolder is a folder in memory if the system has such: a crash here loses no
// page, so that there is nothing to wait for a disk for.
func memoryFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "spurline-model-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// fewSchedules is how many are played unless -rapid.checks says how many.
const fewSchedules = 24

// TestModel holds store and dispatch against what the callers and the extra
// interfaces know, under random schedules (promises P2, P3, P4, P6 and P7). For many:
//
//	go test ./server/dispatch -run 'TestModel$' -timeout 1h -rapid.checks 20000
func TestModel(t *testing.T) {
	t.Parallel()
	folder := memoryFolder(t)
	var played, steps, sent, arrived atomic.Int64
	most := fewSchedules
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "rapid.checks" {
			most = math.MaxInt64
		}
	})
	rapid.Check(t, func(rt *rapid.T) {
		s := schedules().Draw(rt, "schedule")
		n := played.Add(1)
		if n > int64(most) {
			return
		}
		own := filepath.Join(folder, fmt.Sprint(n))
		if err := os.Mkdir(own, 0o700); err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(own) }()
		fault, sends, arrivals := play(t, own, s)
		steps.Add(int64(len(s.steps)))
		sent.Add(int64(sends))
		arrived.Add(int64(arrivals))
		if fault != "" {
			rt.Fatalf("%s\n%v", fault, s)
		}
	})
	t.Logf("%d schedules, %d steps, %d sends, %d arrivals",
		min(played.Load(), int64(most)), steps.Load(), sent.Load(), arrived.Load())
}
