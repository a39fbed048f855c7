// Package standintest is for the tests of stand-ins.
package standintest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

var quoted = regexp.MustCompile("`[a-z_]+`")

// WantDocumented fails for each kind of fault that is not in the first column of a table of
// three in the README, or that the stand-in does not take. The rest of the fault is JSON
// that follows the kind.
func WantDocumented(t *testing.T, readme string, stand http.Handler, rest string, kinds ...string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for row := range strings.Lines(string(text)) {
		if cells := strings.Split(row, "|"); len(cells) == 5 {
			for _, kind := range quoted.FindAllString(cells[1], -1) {
				documented[strings.Trim(kind, "`")] = true
			}
		}
	}
	for _, kind := range kinds {
		w := httptest.NewRecorder()
		stand.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_faults",
			strings.NewReader(`{"kind":"`+kind+`"`+rest+`}`)))
		if w.Code != http.StatusNoContent || !documented[kind] {
			t.Errorf("%s: documented is %t, answered %d %s", kind, documented[kind], w.Code, w.Body)
		}
	}
}
