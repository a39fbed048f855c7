package sqlite

// Bounds of one commit.
const (
	commitItems = 500
	commitBytes = 8 << 20
)

// load is a number of writes and their bytes.
type load struct{ items, bytes int }

func (l *load) add(i *item) {
	l.items++
	l.bytes += i.size
}

func (l *load) drop(i *item) {
	l.items--
	l.bytes -= i.size
}

// fits says whether one more write stays within a bound.
func (l load) fits(i *item, most load) bool {
	return l.items < most.items && l.bytes+i.size <= most.bytes
}

// part is some quarters of a load.
func (l load) part(quarters int) load {
	return load{l.items * quarters / 4, l.bytes * quarters / 4}
}

// queueBounds are the accepts that may wait at most.
type queueBounds struct{ merchant, all load }

// defaultBounds keep what waits in memory small; a merchant's bound is several
// commits.
var defaultBounds = queueBounds{merchant: load{4_096, 16 << 20}, all: load{65_536, 256 << 20}}

// queue is the writes that wait for a commit, so that nobody waits for a flood of
// one merchant (promise P5): outcomes and configuration go first, accepts after
// them, one of each merchant in turn. It is no more than the data: the writer's
// lock guards it.
type queue struct {
	most     queueBounds
	outcomes line
	// accepts are the lines of merchants, turn the same in their order. A line that
	// ran empty because its callers gave up stays until its turn.
	accepts map[int64]*line
	turn    []*line
	// busy counts the lines with something in them, waiting what is in them.
	busy    int
	waiting load
	picks   uint64
}

// line is the waiting writes of a merchant, or the outcomes, first come first
// served.
type line struct {
	merchant    int64
	first, last *item
	load        load
	// taken is what the pick of that number took.
	taken load
	pick  uint64
}

func newQueue(most queueBounds) *queue { return &queue{most: most, accepts: map[int64]*line{}} }

// len counts everything that waits.
func (q *queue) len() int { return q.outcomes.load.items + q.waiting.items }

// push puts a write at the end of its line. It returns false if too many accepts
// wait already.
func (q *queue) push(i *item) bool {
	if i.merchant == 0 {
		q.outcomes.push(i)
		return true
	}
	l := q.accepts[i.merchant]
	if !q.admits(l, i) {
		return false
	}
	if l == nil {
		l = &line{merchant: i.merchant}
		q.accepts[i.merchant] = l
		q.turn = append(q.turn, l)
	}
	if l.load.items == 0 {
		q.busy++
	}
	l.push(i)
	q.waiting.add(i)
	return true
}

// admits says whether a merchant's accept may wait. Above the bound of all only
// merchants with less than the average may add, up to a quarter more: those who
// fill the queue do not close it to the others. One accept may wait whatever its
// size.
func (q *queue) admits(l *line, i *item) bool {
	var own load
	if l != nil {
		own = l.load
	}
	if own.items > 0 && !own.fits(i, q.most.merchant) {
		return false
	}
	if q.waiting.items == 0 || q.waiting.fits(i, q.most.all) {
		return true
	}
	below := own.items*q.busy <= q.waiting.items && own.bytes*q.busy <= q.waiting.bytes
	return below && q.waiting.fits(i, q.most.all.part(5))
}

// remove takes a write out whose caller has given up. One that was picked already
// is none of the queue's.
func (q *queue) remove(i *item) {
	l := i.line
	if l == nil {
		return
	}
	l.remove(i)
	if l == &q.outcomes {
		return
	}
	q.waiting.drop(i)
	if l.load.items == 0 {
		q.busy--
	}
}

// pick takes out what goes into the next commit; what live does not want is
// dropped. While others wait, the accepts of a merchant are at most a quarter of a
// commit, or one that is larger by itself. It takes time by what it picks, not by
// what waits.
func (q *queue) pick(live func(i *item) bool) []*item {
	q.picks++
	p := picking{q: q, live: live, quota: load{commitItems, commitBytes}}
	forOutcomes := p.quota
	if q.busy > 0 {
		forOutcomes = forOutcomes.part(3) // The rest is for accepts: neither starves.
	}
	if q.busy > 1 || q.busy > 0 && q.outcomes.load.items > 0 {
		p.quota = p.quota.part(1)
	}
	p.takeOutcomes(forOutcomes)
	p.takeAccepts()
	p.takeOutcomes(load{commitItems, commitBytes})
	return p.batch
}

// picking is a pick in the making.
type picking struct {
	q     *queue
	live  func(i *item) bool
	batch []*item
	size  load
	// quota is that of a merchant's accepts.
	quota load
}

// take moves the first write of a line into the batch.
func (p *picking) take(l *line) {
	i := l.first
	p.q.remove(i)
	if p.live(i) {
		p.size.add(i)
		l.taken.add(i)
		p.batch = append(p.batch, i)
	}
}

func (p *picking) takeOutcomes(most load) {
	l := &p.q.outcomes
	for l.first != nil && (p.size.items == 0 || p.size.fits(l.first, most)) {
		p.take(l)
	}
}

// takeAccepts goes round the merchants. It stops at an accept that does not fit,
// which is then the first of the next commit: an accept is never passed over, and
// the first one goes whatever its size.
func (p *picking) takeAccepts() {
	q, commit, accepts := p.q, load{commitItems, commitBytes}, load{}
	var done []*line
	for len(q.turn) > 0 && p.size.items < commitItems {
		l := q.turn[0]
		if l.pick != q.picks {
			l.pick, l.taken = q.picks, load{}
		}
		switch {
		case l.first == nil:
			delete(q.accepts, l.merchant)
		case l.taken.items > 0 && !l.taken.fits(l.first, p.quota):
			done = append(done, l)
		case accepts.items > 0 && !p.size.fits(l.first, commit):
			q.turn = append(q.turn, done...)
			return
		default:
			before := l.taken.items
			p.take(l)
			if l.taken.items == before {
				continue // Nobody waits for it: the turn is still this line's.
			}
			accepts.items++
			q.turn = append(q.turn, l)
		}
		q.turn[0] = nil
		q.turn = q.turn[1:]
	}
	q.turn = append(q.turn, done...)
}

func (l *line) push(i *item) {
	i.line, i.before = l, l.last
	if l.last == nil {
		l.first = i
	} else {
		l.last.after = i
	}
	l.last = i
	l.load.add(i)
}

func (l *line) remove(i *item) {
	if i.before == nil {
		l.first = i.after
	} else {
		i.before.after = i.after
	}
	if i.after == nil {
		l.last = i.before
	} else {
		i.after.before = i.before
	}
	l.load.drop(i)
	i.line, i.before, i.after = nil, nil, nil
}
