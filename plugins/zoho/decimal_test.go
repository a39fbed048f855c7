package zoho

import "testing"

func TestSameAmount(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"", "0", true},
		{"1.50", "1.5", true},
		{"1.5e1", "15", true},
		{"-2", "-2.0", true},
		{"1", "2", false},
		{"", "1", false},
		{"x", "x", false},
		{"1e", "1", false},
		// What fills the memory is no amount, also if it is on both sides.
		{"1e900000", "1e900000", false},
		{"1e-900000", "1e-900000", false},
	} {
		if got := sameAmount(test.a, test.b); got != test.same {
			t.Errorf("%q and %q: %v", test.a, test.b, got)
		}
	}
}
