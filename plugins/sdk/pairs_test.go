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

// FuzzParsePairs: whatever is entered, what is read can be entered again.
func FuzzParsePairs(f *testing.F) {
	for _, text := range []string{"", "a=b", " a = b=c ,\r\nd=e", "=", "a=,=b", "a=1\na=2", "\xff=\x00", "\u00a0=\u00a0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := sdk.ParsePairs(text)
		var again strings.Builder
		for _, pair := range pairs {
			if pair.Name == "" || pair.Value == "" {
				t.Errorf("%q has the pair %q", text, pair)
			}
			again.WriteString(pair.Name + "=" + pair.Value + "\n")
		}
		same, failed := sdk.ParsePairs(again.String())
		if diff := cmp.Diff(pairs, same); err == nil && (failed != nil || diff != "") {
			t.Errorf("%q: %v\n%s", text, failed, diff)
		}
	})
}
