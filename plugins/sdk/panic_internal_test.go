package sdk

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// TestPanicIsShownToItsAuthorOnly: what a panic has in it may be of a customer, so a log
// of a server and a result have its kind alone. Who checks a plugin sees it, and where it
// was, without secrets.
func TestPanicIsShownToItsAuthorOnly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shown bool
		value any
		// log and hint that are wanted, and a text that is in neither.
		log, hint, hidden string
	}{
		"hidden text":    {false, "no courier for Jo Doe", "string", panicHint, "Jo"},
		"hidden error":   {false, errors.New("of Jo Doe"), "*errors.errorString", panicHint, "Jo"},
		"text":           {true, "no courier for Jo Doe", "no courier for Jo Doe", "panicked: no courier for Jo Doe", ""},
		"error":          {true, errors.New("of Jo Doe"), "of Jo Doe", "panicked: of Jo Doe", ""},
		"with a secret":  {true, "with canary-4711", "with [secret]", "The plugin panicked", "canary-4711"},
		"of the runtime": {false, nil, "index out of range", panicHint, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			told := ""
			m := newMasker(map[string]string{"api_key": "canary-4711"})
			func() {
				defer panics{test.shown}.recoverTo(slog.New(slog.NewJSONHandler(&log, nil)), m, "ForwardTracking",
					func(hint string) { told = m.excerpt(hint) })
				if test.value == nil {
					var none []int
					_ = none[len(name)] //nolint:gosec // That is the panic.
				}
				panic(test.value)
			}()
			if !strings.Contains(log.String(), test.log) || !strings.Contains(log.String(), "panic_internal_test.go") {
				t.Errorf("log: %s", log.String())
			}
			if !strings.Contains(told, test.hint) {
				t.Errorf("hint: %s", told)
			}
			if test.hidden != "" && strings.Contains(log.String()+told, test.hidden) {
				t.Errorf("%q is told: %s %s", test.hidden, log.String(), told)
			}
		})
	}
}

// TestWhoShowsPanics: only a variable of the plugin's own says so.
func TestWhoShowsPanics(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"SPURLINE_PLUGIN_ACME_EU_SHOW_PANICS": true, "SPURLINE_PLUGIN_ACME_SHOW_PANICS": false, "SHOW_PANICS": false,
	} {
		env := func(asked string) string {
			if asked == name {
				return "true"
			}
			return ""
		}
		if showsPanics("acme-eu", env) != want {
			t.Errorf("%s: want %t", name, want)
		}
	}
}
