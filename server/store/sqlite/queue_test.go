package sqlite

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func all(*item) bool { return true }

// waiting is a queue without bounds of its own.
func waiting() *queue {
	return newQueue(queueBounds{merchant: load{1 << 30, 1 << 40}, all: load{1 << 30, 1 << 40}})
}

func (q *queue) fill(merchant int64, items, size int) {
	for range items {
		q.push(&item{merchant: merchant, size: size})
	}
}

// bill counts the items and bytes of each merchant in a batch.
func bill(batch []*item) map[int64]load {
	counted := map[int64]load{}
	for _, i := range batch {
		l := counted[i.merchant]
		l.add(i)
		counted[i.merchant] = l
	}
	return counted
}

// TestPick has merchants and outcomes (merchant 0) wait and looks at the next
// commits (promise P5).
func TestPick(t *testing.T) {
	t.Parallel()
	type line struct {
		merchant    int64
		items, size int
	}
	cases := map[string]struct {
		lines []line
		want  []map[int64]int
	}{
		"AloneItFillsTheCommit": {[]line{{1, 600, 1}}, []map[int64]int{{1: 500}, {1: 100}}},
		"AQuarterBesideAnother": {
			[]line{{1, 10_000, 1}, {2, 1, 1}}, []map[int64]int{{1: 125, 2: 1}, {1: 500}},
		},
		"AQuarterBesideOutcomes": {[]line{{1, 10_000, 1}, {0, 1, 1}}, []map[int64]int{{1: 125, 0: 1}, {1: 500}}},
		"FourFloods": {
			[]line{{1, 1000, 1}, {2, 1000, 1}, {3, 1000, 1}, {4, 1000, 1}},
			[]map[int64]int{{1: 125, 2: 125, 3: 125, 4: 125}},
		},
		"FewOfManyMerchants": {
			[]line{{1, 1000, 1}, {2, 1000, 1}, {3, 1000, 1}, {4, 1000, 1}, {5, 3, 1}},
			[]map[int64]int{{1: 125, 2: 124, 3: 124, 4: 124, 5: 3}},
		},
		"OutcomesLeaveAQuarter": {
			[]line{{0, 1000, 1}, {1, 1000, 1}}, []map[int64]int{{0: 375, 1: 125}, {0: 375, 1: 125}, {0: 250, 1: 125}},
		},
		"OutcomesTakeWhatAcceptsLeave": {[]line{{0, 1000, 1}, {1, 10, 1}}, []map[int64]int{{0: 490, 1: 10}}},
		"AQuarterOfTheBytes": {
			[]line{{1, 10, 1 << 20}, {2, 1, 1}}, []map[int64]int{{1: 2, 2: 1}, {1: 8}},
		},
		"OneOfAnySize": {
			[]line{{1, 2, 20 << 20}, {2, 2, 1}}, []map[int64]int{{1: 1}, {2: 1}, {1: 1}, {2: 1}},
		},
		"TheLargeIsNotPassedOver": {
			[]line{{2, 100, 1 << 20}, {1, 1, 8 << 20}},
			[]map[int64]int{{2: 1}, {1: 1}, {2: 8}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := waiting()
			for _, l := range c.lines {
				q.fill(l.merchant, l.items, l.size)
			}
			for n, want := range c.want {
				got := bill(q.pick(all))
				for merchant := range int64(6) {
					if got[merchant].items != want[merchant] {
						t.Errorf("commit %d has %d writes of merchant %d, want %d",
							n+1, got[merchant].items, merchant, want[merchant])
					}
				}
			}
		})
	}
}

// TestPickLooksAtWhatItTakes: behind a flood, and beside thousands of merchants,
// a pick asks no more items than it takes.
func TestPickLooksAtWhatItTakes(t *testing.T) {
	t.Parallel()
	q := waiting()
	q.fill(1, 100_000, 1)
	for merchant := range int64(10_000) {
		q.fill(merchant+2, 1, 1<<20)
	}
	asked := 0
	batch := q.pick(func(*item) bool { asked++; return true })
	if asked != len(batch) || len(batch) == 0 {
		t.Errorf("asked %d items for a commit of %d", asked, len(batch))
	}
}

// TestQueueBounds: what waits is bounded per merchant and in all, and those who
// fill the queue do not close it to the others (promise P5).
func TestQueueBounds(t *testing.T) {
	t.Parallel()
	q := newQueue(queueBounds{merchant: load{10, 1000}, all: load{16, 2000}})
	push := func(want bool, merchant int64, size int) *item {
		t.Helper()
		i := &item{merchant: merchant, size: size}
		if got := q.push(i); got != want {
			t.Errorf("merchant %d with %d bytes: taken is %t, want %t, beside %+v", merchant, size, got, want, q.waiting)
		}
		return i
	}
	push(true, 1, 5000) // One may wait, whatever its size.
	push(false, 1, 1)
	q.pick(all)
	first := push(true, 1, 1)
	for range 9 {
		push(true, 1, 1)
	}
	push(false, 1, 1)
	for range 6 {
		push(true, 2, 1)
	}
	push(true, 2, 1)  // Less than the average.
	push(true, 3, 1)  // The bound of all is reached, but it has nothing.
	push(false, 1, 1) // Its own bound.
	push(true, 3, 1)
	push(true, 4, 1)
	push(false, 5, 1) // A quarter over the bound.
	for range 50 {
		push(true, 0, 1) // Outcomes have none.
	}
	q.remove(first)
	push(true, 5, 1)
	q.remove(first)
	if q.len() != 70 {
		t.Errorf("%d wait, want 70", q.len())
	}
}

// TestQueueProperty lets merchants come and go in any way: nothing is lost or
// doubled, a merchant's writes stay in order, none has more than a quarter of a
// commit while others wait, and a commit is full or takes all it may (promise P5).
func TestQueueProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := &queueModel{q: waiting(), lines: map[int64][]*item{}}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"push", "push", "remove", "die", "pick"}).Draw(t, "step") {
			case "push":
				merchant := rapid.Int64Range(0, 7).Draw(t, "merchant")
				size := rapid.SampledFrom([]int{0, 1, 1000, 1 << 20, 3 << 20, 9 << 20}).Draw(t, "size")
				for range rapid.SampledFrom([]int{1, 3, 130, 600}).Draw(t, "items") {
					i := &item{merchant: merchant, size: size}
					m.q.push(i)
					m.lines[merchant] = append(m.lines[merchant], i)
				}
			case "remove":
				if i := m.any(t); i != nil {
					m.q.remove(i)
					m.forget(i)
				}
			case "die":
				if i := m.any(t); i != nil {
					i.claimed.Store(true)
				}
			case "pick":
				m.pick(t)
			}
		}
		for m.left() > 0 {
			before := m.left()
			if m.pick(t); m.left() == before {
				t.Fatalf("a pick took nothing and %d wait", before)
			}
		}
		if len(m.q.accepts) != len(m.q.turn) || m.q.len() != 0 || m.q.busy != 0 || m.q.waiting != (load{}) {
			t.Fatalf("an empty queue is %+v", m.q)
		}
	})
}

// queueModel is a queue and what has to be in it.
type queueModel struct {
	q     *queue
	lines map[int64][]*item
}

func (m *queueModel) left() (n int) {
	for _, line := range m.lines {
		n += len(line)
	}
	return n
}

// any draws an item of some line, nil if all are empty.
func (m *queueModel) any(t *rapid.T) *item {
	line := m.lines[rapid.Int64Range(0, 7).Draw(t, "line")]
	if len(line) == 0 {
		return nil
	}
	return line[rapid.IntRange(0, len(line)-1).Draw(t, "place")]
}

func (m *queueModel) forget(i *item) {
	m.lines[i.merchant] = slices.DeleteFunc(m.lines[i.merchant], func(other *item) bool { return other == i })
}

// pick picks, and takes out of the lines what has gone.
func (m *queueModel) pick(t *rapid.T) {
	waited := map[int64]bool{}
	for merchant, line := range m.lines {
		waited[merchant] = len(line) > 0
	}
	batch := m.q.pick(func(i *item) bool { return !i.claimed.Load() })
	for _, i := range batch {
		line := m.lines[i.merchant]
		for len(line) > 0 && line[0].claimed.Load() {
			line = line[1:]
		}
		if len(line) == 0 || line[0] != i {
			t.Fatalf("merchant %d: a write was taken that is not the next", i.merchant)
		}
		m.lines[i.merchant] = line[1:]
	}
	// The dead are dropped as they are met.
	for merchant, line := range m.lines {
		for len(line) > 0 && line[0].claimed.Load() && line[0].line == nil {
			line = line[1:]
		}
		m.lines[merchant] = line
	}
	m.judge(t, batch, waited)
}

func (m *queueModel) judge(t *rapid.T, batch []*item, waited map[int64]bool) {
	total, shares := load{}, bill(batch)
	for _, i := range batch {
		total.add(i)
	}
	if total.items > commitItems {
		t.Fatalf("commit of %d writes", total.items)
	}
	full := total.items == commitItems
	if !full {
		for _, line := range m.lines { // The next in turn did not fit, or there was none.
			full = full || len(line) > 0 && total.bytes+line[0].size > commitBytes
		}
	}
	for merchant := range int64(8) {
		crowded := false
		for other, waits := range waited {
			crowded = crowded || waits && other != merchant
		}
		quota := load{commitItems, commitBytes}
		if crowded && merchant != 0 {
			quota = quota.part(1)
		}
		share := shares[merchant]
		if merchant != 0 && share.items > 1 && (share.items > quota.items || share.bytes > quota.bytes) {
			t.Fatalf("merchant %d has %+v of a commit, others wait: %t", merchant, share, crowded)
		}
		line := m.lines[merchant]
		if len(line) > 0 && !full && share.fits(line[0], quota) {
			t.Fatalf("merchant %d has %+v of a commit of %+v, and more of it would fit", merchant, share, total)
		}
	}
}
