package plugintest

import (
	"testing"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// failing notes what a test would fail for.
type failing struct {
	testing.TB
	errors int
}

func (f *failing) Helper() {}

func (f *failing) Errorf(string, ...any) { f.errors++ }

func TestCanary(t *testing.T) {
	t.Parallel()
	const secret = "canary-4711"
	for _, test := range []struct {
		name   string
		result *pluginv1.DeliveryResult
		log    string
		errors int
	}{
		{"clean", &pluginv1.DeliveryResult{Hint: "fine"}, "fine\n", 0},
		{"in a hint", &pluginv1.DeliveryResult{Hint: "x" + secret + "x"}, "", 1},
		{"in the record's state", &pluginv1.DeliveryResult{State: []byte(secret)}, "", 1},
		{"in the sealed state", &pluginv1.DeliveryResult{ConnectionState: []byte(secret)}, "", 0},
		{"in two lines of the log", &pluginv1.DeliveryResult{}, secret + "\nx\n" + secret + "\n", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			noted := &failing{TB: t}
			h := &Host{t: noted, log: &logBuffer{text: []byte(test.log)}}
			h.remember(&pluginv1.Connection{Secrets: map[string]string{"key": secret, "short": "fin"}})
			h.searchAnswer("d1", test.result)
			h.searchLog()
			if noted.errors != test.errors {
				t.Errorf("%d errors", noted.errors)
			}
		})
	}
}
