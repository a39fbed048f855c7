package aftershiptest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// TestFaultsAreDocumented: every kind that the stand-in has is in the plugin's README and taken.
func TestFaultsAreDocumented(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for row := range strings.Lines(string(readme)) {
		if cells := strings.Split(row, "|"); len(cells) == 5 {
			for _, kind := range regexp.MustCompile("`[a-z_]+`").FindAllString(cells[1], -1) {
				documented[strings.Trim(kind, "`")] = true
			}
		}
	}
	stand := aftershiptest.New()
	for _, kind := range []string{
		"status", "limited", "html", "not_json", "empty", "truncated", "reset", "hang",
	} {
		w := httptest.NewRecorder()
		stand.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/_faults",
			strings.NewReader(`{"kind":"`+kind+`"}`)))
		if w.Code != http.StatusNoContent || !documented[kind] {
			t.Errorf("%s: documented is %t, answered %d %s", kind, documented[kind], w.Code, w.Body)
		}
	}
}
