package standin_test

import (
	"testing"

	"github.com/spurline/spurline/plugins/internal/standin"
)

func TestPrintableJSON(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"{ \"a\" :\n [1, 2] }":     `{"a":[1,2]}`,
		"{\"a\":\"b\u0085c\"}":     `{"a":"b\u0085c"}`,
		"{\"a\":\"\U000e0001 é\"}": `{"a":"\udb40\udc01 é"}`,
		"no\x1b[2J json":           `no\u001b[2J json`,
		"":                         "",
	} {
		if got := standin.PrintableJSON([]byte(raw)); got != want {
			t.Errorf("%q is printed as %q, want %q", raw, got, want)
		}
	}
}
