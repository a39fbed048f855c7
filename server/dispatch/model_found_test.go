package dispatch_test

import "testing"

// TestModelFound plays what the model has found, as small as it can be.
func TestModelFound(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]schedule{
		// A repeat that an edit of settings reopened was not announced (promise P3).
		"edit ends doubt": {poison: true, steps: []step{
			{op: connect, a: 6, b: 6, c: 3}, {op: order, a: 1}, {op: tracking, a: 5, b: 1, c: 2, rush: true},
		}},
		// The note of a send came after its delivery was revised (promise P3).
		"intent of a superseded delivery": {mask: 0x10fb, percent: 12, seed: 507, steps: []step{
			{op: connect, a: 6, b: 2, c: 5},
			{op: order, a: 7, c: 4, rush: true},
			{op: refilter, b: 3, c: 4},
			{op: tracking, a: 5, b: 1, rush: true},
			{op: order, a: 7, b: 5, c: 4},
			{op: order, a: 4, b: 5, c: 6},
			{op: crash, b: 1},
		}},
		// Tracking that moved to another order was retried in the scope of the first (promise P4).
		"scope left behind": {mask: 0x1, percent: 61, seed: 1, steps: []step{
			{op: refilter, a: 1, b: 1, c: 2},
			{op: order, a: 7, b: 4, c: 4},
			{op: tracking, b: 1, c: 4},
			{op: tracking, a: 2, b: 3},
			{op: setState, b: 3, c: 5},
			{op: crash, a: 5, b: 7, c: 1, rush: true},
			{op: tracking, b: 6, c: 3},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if fault, _, _ := play(t, memoryFolder(t), s); fault != "" {
				t.Error(fault)
			}
		})
	}
}
