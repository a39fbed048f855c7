package plugintest

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

func TestGolden(t *testing.T) {
	t.Parallel()
	const secret = "canary/4711"
	request := Request{
		Method: http.MethodPost, Target: "/orders?key=canary%2F4711",
		Header: http.Header{
			"Authorization": {"Basic dXNlcjpjYW5hcnkvNDcxMQ=="}, "User-Agent": {"Go-http-client/1.1"}, "X-Key": {secret},
		},
		Body: []byte(`{"key":"canary/4711","n":1}`),
	}
	const golden = "POST /orders?key=[secret]\nAuthorization: Basic [secret]\nX-Key: [secret]\n\n" +
		"{\n  \"key\": \"[secret]\",\n  \"n\": 1\n}\n"
	for _, test := range []struct {
		name, file string
		errors     int
	}{
		{"equal", golden, 0},
		{"different", strings.Replace(golden, "POST", "PUT", 1), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "golden.txt")
			if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			noted := &failing{TB: t}
			h := &Host{t: noted, log: &logBuffer{}}
			h.remember(&pluginv1.Connection{Secrets: map[string]string{"key": secret}})
			h.Golden(path, request)
			if noted.errors != test.errors {
				t.Errorf("%d errors", noted.errors)
			}
		})
	}
}
