package sqlite

import (
	"maps"
	"slices"
)

// A folding begins after this many changes in notes, or after this many notes, and goes
// on by this many rows a commit.
const (
	foldChanges = 50_000
	foldNotes   = 5_000
	foldRows    = 16
	// dropNotes is how many notes a commit drops that are not needed any more: more than
	// it appends.
	dropNotes = 64
)

// folding brings the tables up to date with what is noted. When that is done for all
// that changed before it began, the notes up to then go. It belongs to the writer.
type folding struct {
	// changes and notes are how many there are before it begins.
	changes, notes int
	// first and last are the keys of the notes there are; first is after last if there
	// are none.
	first, last int64
	// since it began.
	since changed
	// connections and merchants are still to be brought up to date; notes up to upTo go
	// then.
	connections, merchants []int64
	upTo                   int64
}

// changed counts what notes have.
type changed struct {
	connections, merchants map[int64]struct{}
	changes, notes         int
}

func newChanged() changed {
	return changed{connections: map[int64]struct{}{}, merchants: map[int64]struct{}{}}
}

func newFolding() *folding {
	return &folding{changes: foldChanges, notes: foldNotes, first: 1, since: newChanged()}
}

// step is what a commit does of a folding: it brings rows up to date, or drops notes up
// to one.
type step struct {
	connections, merchants []int64
	drop                   int64
}

// next is what the next commit does. It is the same again until that is committed.
func (f *folding) next() step {
	switch {
	case len(f.connections) > 0:
		return step{connections: f.connections[:min(len(f.connections), foldRows)]}
	case len(f.merchants) > 0:
		return step{merchants: f.merchants[:min(len(f.merchants), foldRows)]}
	case f.first <= f.upTo:
		return step{drop: min(f.first+dropNotes-1, f.upTo)}
	case f.since.changes < f.changes && f.since.notes < f.notes:
		return step{}
	}
	f.connections = slices.Sorted(maps.Keys(f.since.connections))
	f.merchants = slices.Sorted(maps.Keys(f.since.merchants))
	f.since, f.upTo = newChanged(), f.last
	return f.next()
}

// committed takes note of a step that was committed, and of what the commit noted. key
// is that of its note, 0 if it has none.
func (f *folding) committed(s step, key int64, noted tally) {
	f.connections = f.connections[len(s.connections):]
	f.merchants = f.merchants[len(s.merchants):]
	if s.drop != 0 {
		f.first = s.drop + 1
	}
	if key != 0 {
		f.found(key, noted)
	}
}

// found counts the note that follows the last one.
func (f *folding) found(key int64, noted tally) {
	if f.first > f.last {
		f.first = key
	}
	f.last = key
	for connection := range noted.totals {
		f.since.connections[connection] = struct{}{}
	}
	for merchant := range noted.orders {
		f.since.merchants[merchant] = struct{}{}
	}
	f.since.changes += len(noted.totals) + len(noted.orders)
	f.since.notes++
}

// resume goes on after the note that a row was brought up to date with. It may be one
// that has been dropped, and no other note gets its key.
func (f *folding) resume(note int64) {
	none := f.first > f.last
	f.last = max(f.last, note)
	if none {
		f.first = f.last + 1
	}
}

// fold does a step. What it writes is as of the commit's own note.
func (t *tx) fold(s step) error {
	noted := max(t.noteKey, t.w.folding.last)
	for _, connection := range s.connections {
		totals := t.totalsOf(connection)
		args := make([]any, 0, 10)
		for _, counter := range counters(&totals) {
			args = append(args, *counter)
		}
		err := t.run(`UPDATE totals SET made = ?, delivered = ?, present = ?, skipped = ?, failed = ?, superseded = ?,
			cancelled = ?, last_delivery = ?, last_note = ? WHERE connection = ?`,
			append(args, t.end(connectionChain, connection), noted, connection)...)
		if err != nil {
			return err
		}
	}
	for _, merchant := range s.merchants {
		err := t.run(`UPDATE merchant SET last_change = ? WHERE key = ?`, t.end(orderChain, merchant), merchant)
		if err != nil {
			return err
		}
	}
	if s.drop == 0 {
		return nil
	}
	return t.run(`DELETE FROM note WHERE key <= ?`, s.drop)
}
