package plugintest

import (
	"strings"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// shortestCanary is the length from which the kit masks secrets.
const shortestCanary = 4

func (h *Host) remember(c *pluginv1.Connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, secret := range c.GetSecrets() {
		if len(secret) >= shortestCanary {
			h.secrets = append(h.secrets, secret)
		}
	}
}

// leaks says whether a canary is in text, not which: the value would only leak
// once more.
func (h *Host) leaks(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, secret := range h.secrets {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// searchAnswer looks for canaries in all but the state of the connection, which
// the host seals.
func (h *Host) searchAnswer(what string, answer proto.Message) {
	h.t.Helper()
	if result, ok := answer.(*pluginv1.DeliveryResult); ok && result.ConnectionState != nil {
		without, _ := proto.Clone(result).(*pluginv1.DeliveryResult)
		without.ConnectionState = nil
		answer = without
	}
	if h.leaks(prototext.Format(answer)) {
		h.t.Errorf("a secret is in the answer to %s", what)
	}
}

func (h *Host) searchLog() {
	h.t.Helper()
	for number, line := range strings.Split(h.Log(), "\n") {
		if h.leaks(line) {
			h.t.Errorf("a secret is in line %d of the plugin's log", number+1)
		}
	}
}
