package sdk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spurline/spurline/plugins/sdk"
)

func TestParsePairs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]sdk.Pair{
		"":                       nil,
		" \n,\r\n":               nil,
		"a=b":                    {{Name: "a", Value: "b"}},
		" a b = c=d ,e=f\r\ng=h": {{Name: "a b", Value: "c=d"}, {Name: "e", Value: "f"}, {Name: "g", Value: "h"}},
	} {
		got, err := sdk.ParsePairs(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

func TestParsePairsTellsAllFaults(t *testing.T) {
	t.Parallel()
	_, err := sdk.ParsePairs("a=1,b,=c,d=\na=2")
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{`"b" is not`, `"=c" is not`, `"d=" is not`, `"a" occurs twice`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not told in %q", part, err)
		}
	}
}
