package aftership

import "testing"

func TestMemory(t *testing.T) {
	t.Parallel()
	for _, m := range []memory{{}, {Made: madeByUs}, {Made: madeByOther, Unsure: true}, {Removed: true}} {
		if got := recall(m.bytes()); got != m {
			t.Errorf("recalled %+v, want %+v", got, m)
		}
	}
	for _, state := range []string{"", "{", "null", `{"made":7}`, `[]`} {
		if got := recall([]byte(state)); got != (memory{}) {
			t.Errorf("recalled %+v from %q", got, state)
		}
	}
}
