package aftership

import (
	"strings"
	"testing"
)

func TestNormaliseNumber(t *testing.T) {
	t.Parallel()
	tests := []struct{ submitted, want string }{
		{"1Z999AA10123456784", "1Z999AA10123456784"},
		{" 1z 999 aa1 0123 4567 84 ", "1Z999AA10123456784"},
		{"jj\u00a0123\t456", "JJ123456"},
		{"A-B.C_D/E", "A-B.C_D/E"},
		{"1234", "1234"},
		{strings.Repeat("9", 100), strings.Repeat("9", 100)},
		{"123", ""},
		{"1 2 3", ""},
		{strings.Repeat("9", 101), ""},
		{"", ""},
		{"12345#", ""},
		{"12345ä", ""},
		{"12345–6", ""},
		{"12345\u200b6", ""},
	}
	for _, test := range tests {
		got, err := normaliseNumber(test.submitted)
		if got != test.want || (err != nil) != (test.want == "") {
			t.Errorf("normaliseNumber(%q) is %q, %v; want %q", test.submitted, got, err, test.want)
		}
		if err != nil && test.submitted != "" && strings.Contains(err.Error(), test.submitted) {
			t.Errorf("error quotes the number: %v", err)
		}
	}
}
