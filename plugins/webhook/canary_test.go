package webhook

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestNothingPrivateInResults runs every kind of answer with secrets and a customer
// that must not turn up in a result, a check or a note, before the kit masks
// anything. A receiver that quotes the customer is no exception.
func TestNothingPrivateInResults(t *testing.T) {
	t.Parallel()
	key := []byte("canary-key-4711-never-to-be-seen")
	previous := []byte("canary-previous-0815-never-seen-")
	const token = "Bearer canary-token-never-to-be-seen"
	private := []string{
		"canary", string(key), "Erika", "ERIKA", "erika", "Mustermann", "1701234567", "Heidestr", "Köln",
		`K\u00f6ln`, "51147", "cust-77",
	}
	for _, k := range [][]byte{key, previous} {
		private = append(private, base64.StdEncoding.EncodeToString(k)[:12])
	}
	quoting := `{"error":"ERIKA MUSTERMANN at erika@example.com, +491701234567, Heidestraße 17, Köln 51147, Max Zahler, ` +
		`cust-77; Happy birthday, Erika"}`
	for name, fault := range map[string]webhooktest.Fault{
		"good":      webhooktest.Status(200),
		"good page": webhooktest.Answer(200, nil, quoting),
		"refusing":  webhooktest.Answer(400, nil, quoting),
		"escaping":  webhooktest.Answer(500, nil, strings.NewReplacer("ß", `\u00df`, "ö", `\u00f6`).Replace(quoting)),
		"long":      webhooktest.Answer(422, nil, strings.Repeat("x ", 145)+quoting),
		"limited":   webhooktest.RetryAfter(429, "5"),
		"gone":      webhooktest.Answer(410, nil, quoting),
		"gateway":   webhooktest.Answer(502, nil, quoting),
		"redirect":  webhooktest.Redirect(302, "https://elsewhere.example/?canary=erika@example.com"),
		"reset":     webhooktest.Reset(),
		"cut":       webhooktest.Truncated(500),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, everything, func(s *Settings) {
				s.SigningSecret = sdk.NewSecret(secretPrefix + base64.StdEncoding.EncodeToString(key))
				s.PreviousSecret = sdk.NewSecret(secretPrefix + base64.StdEncoding.EncodeToString(previous))
				s.HeaderName, s.HeaderValue, s.CheckWith = "Authorization", sdk.NewSecret(token), checkWithEvent
			})
			b.Script(fault.Times(3))
			order, err := b.sender.PreviewOrder(anOrder())
			said := []any{
				b.sender.CopyOrder(t.Context(), anOrder()), b.sender.ForwardTracking(t.Context(), aParcel()),
				b.sender.CheckConnection(t.Context()), b.sender.further, order.Notes, err,
			}
			if text := fmt.Sprintf("%+v", order); strings.Contains(text, "canary") {
				t.Error("the preview shows a secret")
			}
			for _, s := range said {
				text := fmt.Sprintf("%+v", s)
				for _, canary := range private {
					if strings.Contains(text, canary) {
						t.Errorf("%q is in %s", canary, text)
					}
				}
			}
			x := said[0].(sdk.Result).Exchange()
			if strings.Contains(x.Request, "tenant=7") || !strings.Contains(x.Request, `"country_code":"DE"`) {
				t.Errorf("request is shown as %s", x.Request)
			}
			// These are not joined to tracking, so only the order's own answer is known to quote them.
			if strings.Contains(x.Response, "Zahler") || strings.Contains(x.Response, "birthday") {
				t.Errorf("answer is shown as %s", x.Response)
			}
		})
	}
}

// TestCanarySecrets runs everything under the kit, with a receiver that echoes the
// secrets: the host of the test fails if one turns up in an answer or in the log.
func TestCanarySecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := plugintest.New(t, plugin(b.remote))
	secrets := map[string]string{
		"signing_secret": webhooktest.Secret, "previous_signing_secret": secretOf(48), "header_value": "token-4711",
	}
	settings := map[string]string{"url": b.server.URL, "header_name": "X-Key", "check_with": "event"}
	echo := strings.Join([]string{secrets["signing_secret"], secrets["previous_signing_secret"], "token-4711"}, " ")
	b.Script(webhooktest.Answer(400, headers("Retry-After", "token-4711"), echo).Times(3),
		webhooktest.Redirect(302, "https://token-4711.example/").Times(3))
	for range 2 {
		for _, r := range []*pluginv1.DeliveryResult{
			host.Copy(settings, secrets, plugintest.Order("o", anOrder().Order))["o"],
			host.Forward(settings, secrets, plugintest.Tracking("t", "1Z"))["t"],
		} {
			if r.GetOutcome() == isDelivered {
				t.Errorf("result is %v", r)
			}
		}
		host.Check(settings, secrets)
	}
	b.noProblems(t, 6)
}
