package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTriedSettings: what is misspelt or broken is refused with its place, and no error has
// a value of the file.
func TestTriedSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"both": {"settings: {a: b}\nsecrets: {api_key: canary-4711}\n", ""},
		"JSON": {`{"settings": {"a": "b"}, "secrets": {"api_key": "canary-4711"}}`, ""},
		"harness": {"settings: {a: b}\nsecrets: {api_key: canary-4711}\nfaulty: []\ntracking: []\norders: []\n" +
			"environment: {}\noutcomes: {400: RETRY}\nremote: {setting: base_url}\n", ""},
		"settings": {"setings: {a: b}\nsecrets: {api_key: canary-4711}\n", `no key "setings"; the keys are settings and`},
		"secrets":  {"settings: {a: b}\nsecret: {api_key: canary-4711}\n", `no key "secret"; the keys are settings and`},
		"a text":   {"settings: {a: b}\nsecrets: canary-4711\n", "line 2: it is not YAML"},
		"broken":   {"settings: {a: b}\nsecrets:\n  api_key: \"canary-4711\n", "line "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "settings.yaml")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			read, err := readTriedSettings(file)
			switch {
			case test.want == "":
				if err != nil || read.Settings["a"] != "b" || read.Secrets["api_key"] != "canary-4711" {
					t.Errorf("%+v, %v", read, err)
				}
			case err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "canary"):
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
