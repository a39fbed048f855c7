package aftership

import (
	"encoding/json"
	"testing"
)

// TestEncodeIsEncodingJSON: what is written by hand reads as the standard library
// writes it.
func TestEncodeIsEncodingJSON(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "plain", `a "quote" and a \`, "tab\tand\nline", "<b>&amp;</b>", "ü…\u2028\U0001F600", "\x7f\x00", "bad \xff byte",
	}
	for _, text := range texts {
		got, err := encode(object{
			{"text", text},
			{"number", -12},
			{"none", object(nil)},
			{"inner", object{{"a", text}, {"b", object{{"c", 1}}}}},
			{"objects", []object{{{"name", text}}, {}}},
			{"strings", []string{text, "b"}},
			{"no strings", []string{}},
			{"nil strings", []string(nil)},
			{"truth", true},
		})
		if err != nil {
			t.Fatal(err)
		}
		want, err := appendAny(nil, struct {
			Text       string              `json:"text"`
			Number     int                 `json:"number"`
			None       struct{}            `json:"none"`
			Inner      json.RawMessage     `json:"inner"`
			Objects    []map[string]string `json:"objects"`
			Strings    []string            `json:"strings"`
			NoStrings  []string            `json:"no strings"`
			NilStrings []string            `json:"nil strings"`
			Truth      bool                `json:"truth"`
		}{
			Number: -12, Text: text, Inner: json.RawMessage(`{"a":` + mustEncode(t, text) + `,"b":{"c":1}}`),
			Objects: []map[string]string{{"name": text}, {}}, Strings: []string{text, "b"}, NoStrings: []string{}, Truth: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		var same any
		if string(got) != string(want) || json.Unmarshal(got, &same) != nil {
			t.Errorf("%q: got\n%s\nwant\n%s", text, got, want)
		}
	}
	if _, err := encode(object{{"channel", make(chan int)}}); err == nil {
		t.Error("a channel was written as JSON")
	}
}

func mustEncode(t *testing.T, text string) string {
	t.Helper()
	raw, err := appendAny(nil, text)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
