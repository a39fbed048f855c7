package sqlite

import "testing"

// TestFoldingResumesWithoutNotes: where all notes have gone, there are none to be dropped,
// in whichever order the rows are read that name the last ones that are in them.
func TestFoldingResumesWithoutNotes(t *testing.T) {
	t.Parallel()
	for _, rows := range [][]int64{{9_000_000, 5}, {5, 9_000_000}} {
		f := newFolding()
		for _, note := range rows {
			f.resume(note)
		}
		if f.first <= f.last || f.last != 9_000_000 {
			t.Errorf("after rows %v the notes are from %d to %d, want none", rows, f.first, f.last)
		}
	}
}
