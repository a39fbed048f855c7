package webhook

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/webhook/webhooktest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// TestCheckSendsNothing: by default the receiver sees a connection and no request.
func TestCheckSendsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	check := b.sender.CheckConnection(t.Context())
	if check.Outcome() != isOK || !strings.HasPrefix(check.AccountID(), "endpoint-") {
		t.Errorf("check is %+v", check)
	}
	b.noProblems(t, 0)
	same := b.connect(t, func(s *Settings) { s.SigningSecret = sdk.NewSecret(secretOf(32)) })
	other := b.connect(t, func(s *Settings) { s.URL += "1" })
	if same.endpoint.account() != check.AccountID() || other.endpoint.account() == check.AccountID() {
		t.Error("the account is not the address")
	}
	if text := check.AccountID(); strings.Contains(text, "tenant") {
		t.Errorf("the account shows the address: %s", text)
	}
}

// TestCheckWithoutConnection tells what to mend where something can be mended.
func TestCheckWithoutConnection(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	connect := func(url string, r *remote) sdk.CheckResult {
		return makeSender(t, env(), goodSettings(url), r).CheckConnection(t.Context())
	}
	reason := func(c sdk.CheckResult) string {
		if f := c.Faults(); len(f) == 1 && f[0].Field == "url" {
			return f[0].Reason
		}
		return ""
	}
	distrusting := newRemote(loopback, &tls.Config{MinVersion: tls.VersionTLS12}, nil, time.Now)
	if c := connect(b.server.URL, distrusting); c.Outcome() != isFaulty || reason(c) != "CERTIFICATE_REFUSED" {
		t.Errorf("unknown authority: %+v", c)
	}
	wrongName := newRemote(loopback, trusting(b.server), namesOf("127.0.0.1").resolver(t), time.Now)
	wrong := strings.Replace(b.named(t), "example.com", "example.org", 1)
	if c := connect(wrong, wrongName); c.Outcome() != isFaulty || reason(c) != "CERTIFICATE_REFUSED" {
		t.Errorf("certificate of another name: %+v", c)
	}
	plain := webhooktest.New(webhooktest.Secret).Start(t)
	if c := connect(strings.Replace(plain, "http", "https", 1), b.remote); c.Outcome() != isUnreachable {
		t.Errorf("no TLS: %+v", c)
	}
	b.server.Close()
	if c := b.sender.CheckConnection(t.Context()); c.Outcome() != isUnreachable {
		t.Errorf("nobody there: %+v", c)
	}
}

// TestCheckByEvent: a signed webhook.test, if that is chosen.
func TestCheckByEvent(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *Settings) { s.CheckWith = checkWithEvent })
	for range 2 {
		if c := b.sender.CheckConnection(t.Context()); c.Outcome() != isOK {
			t.Errorf("check is %+v", c)
		}
	}
	journal := b.noProblems(t, 2)
	if journal[0].Type != "webhook.test" || journal[1].Repeat || len(journal[0].Data) != 1 {
		t.Errorf("sent was %s", journal[0].Raw)
	}
	for status, want := range map[int]struct {
		outcome pluginv1.CheckOutcome
		field   string
	}{
		401: {isFaulty, "signing_secret"},
		403: {isFaulty, "signing_secret"},
		302: {isFaulty, "url"},
		404: {isFaulty, "url"},
		405: {isFaulty, "url"},
		410: {isFaulty, "url"},
		400: {isFaulty, ""},
		422: {isFaulty, ""},
		408: {isUnreachable, ""},
		429: {isUnreachable, ""},
		500: {isUnreachable, ""},
		503: {isUnreachable, ""},
	} {
		b.Script(webhooktest.Status(status))
		c := b.sender.CheckConnection(t.Context())
		if c.Outcome() != want.outcome {
			t.Errorf("%d: check is %+v", status, c)
		}
		if f := c.Faults(); want.outcome == isFaulty && (len(f) != 1 || f[0].Field != want.field || f[0].Hint == "") {
			t.Errorf("%d: faults are %+v", status, f)
		}
	}
	b.Script(webhooktest.Reset())
	if c := b.sender.CheckConnection(t.Context()); c.Outcome() != isUnreachable {
		t.Errorf("reset: %+v", c)
	}
}

// TestCheckTells what works but deserves attention, and how long to wait.
func TestCheckTells(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := plugintest.New(t, plugin(b.remote))
	settings := map[string]string{"url": b.server.URL, "check_with": "event"}
	secrets := map[string]string{"signing_secret": webhooktest.Secret, "previous_signing_secret": secretOf(32)}
	c := host.Check(settings, secrets)
	if c.GetOutcome() != isOK || len(c.GetWarnings()) != 1 ||
		!strings.Contains(c.GetWarnings()[0], "previous_signing_secret") ||
		!strings.HasPrefix(c.GetAccountName(), "127.0.0.1:") {
		t.Errorf("check is %v", c)
	}
	b.Script(webhooktest.RetryAfter(503, "77"))
	if c := host.Check(settings, secrets); c.GetRetryAfter().AsDuration() != 77*time.Second || len(c.GetWarnings()) != 1 {
		t.Errorf("check is %v", c)
	}
	development := newRemote(Operator{Development: true}, nil, nil, time.Now)
	plain := webhooktest.New(webhooktest.Secret).Start(t)
	c = plugintest.New(t, plugin(development)).Check(map[string]string{"url": plain}, map[string]string{
		"signing_secret": webhooktest.Secret,
	})
	if c.GetOutcome() != isOK || len(c.GetWarnings()) != 1 || !strings.Contains(c.GetWarnings()[0], "http") {
		t.Errorf("check is %v", c)
	}
}

// TestFaultsOfSettings are told by field, all at once, and nothing is sent.
func TestFaultsOfSettings(t *testing.T) {
	t.Parallel()
	r := newRemote(Operator{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, nil, nil, time.Now)
	good := map[string]string{"url": "https://example.com/hooks"}
	signing := map[string]string{"signing_secret": webhooktest.Secret}
	signedBy := func(secret string) map[string]string { return map[string]string{"signing_secret": secret} }
	with := func(of map[string]string, pairs ...string) map[string]string {
		all := map[string]string{}
		for name, value := range of {
			all[name] = value
		}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	before := func(secret string) map[string]string { return with(signing, "previous_signing_secret", secret) }
	named := func(name string) map[string]string { return with(good, "header_name", name) }
	valued := func(value string) map[string]string { return with(signing, "header_value", value) }
	host := plugintest.New(t, plugin(r))
	for name, test := range map[string]struct {
		settings, secrets map[string]string
		fields            string
	}{
		"http":              {with(good, "url", "http://example.com/"), signing, "url"},
		"ftp":               {with(good, "url", "ftp://example.com/"), signing, "url"},
		"user in address":   {with(good, "url", "https://user:pass-4711@example.com/"), signing, "url"},
		"fragment":          {with(good, "url", "https://example.com/#top"), signing, "url"},
		"empty fragment":    {with(good, "url", "https://example.com/#"), signing, "url"},
		"port 0":            {with(good, "url", "https://example.com:0/"), signing, "url"},
		"port too high":     {with(good, "url", "https://example.com:65536/"), signing, "url"},
		"no port":           {with(good, "url", "https://example.com:/"), signing, "url"},
		"no host":           {with(good, "url", "https://:443/"), signing, "url"},
		"short secret":      {good, signedBy(secretOf(16)), "signing_secret"},
		"loose bits":        {good, signedBy(secretPrefix + strings.Repeat("A", 42) + "B="), "signing_secret"},
		"previous":          {good, before("whsk_4711"), "previous_signing_secret"},
		"the same":          {good, before(webhooktest.Secret), "previous_signing_secret"},
		"the same, spelt":   {good, before(strings.TrimRight(webhooktest.Secret, "=")), "previous_signing_secret"},
		"types":             {with(good, "event_types", "order.deleted"), signing, "event_types"},
		"timeout":           {with(good, "timeout_seconds", "31"), signing, "timeout_seconds"},
		"no timeout":        {with(good, "timeout_seconds", "0"), signing, "timeout_seconds"},
		"header alone":      {named("X-Key"), signing, "header_value"},
		"value alone":       {good, valued("value-4711"), "header_name"},
		"header's name":     {named("X Key"), valued("value-4711"), "header_name"},
		"reserved header":   {named("content-LENGTH"), valued("value-4711"), "header_name"},
		"signature header":  {named("webhook-signature"), valued("value-4711"), "header_name"},
		"header's value":    {named("X-Key"), valued("value\r\nX-Other: 4711"), "header_value"},
		"space at the end":  {named("X-Key"), valued("value-4711 "), "header_value"},
		"several":           {with(good, "url", "http://example.com", "event_types", "x"), signing, "url event_types"},
		"a private network": {with(good, "url", "https://192.168.0.1/"), signing, "url"},
	} {
		c := host.Check(test.settings, test.secrets)
		var fields []string
		for _, f := range c.GetFaults() {
			fields = append(fields, f.GetField())
			if f.GetHint() == "" || strings.Contains(f.GetHint(), "4711") {
				t.Errorf("%s: hint is %q", name, f.GetHint())
			}
		}
		if c.GetOutcome() != isFaulty || strings.Join(fields, " ") != test.fields {
			t.Errorf("%s: check is %v", name, c)
		}
		sent := host.Forward(test.settings, test.secrets, plugintest.Tracking("d", "1Z"))["d"]
		if sent.GetOutcome() != isUnauthorized || sent.GetReason() != "SETTINGS_INVALID" || sent.GetHttpStatus() != 0 {
			t.Errorf("%s: result is %v", name, sent)
		}
		if _, err := host.PreviewTracking(test.settings, test.secrets, plugintest.Tracking("d", "1Z")); err == nil {
			t.Errorf("%s: a preview is shown", name)
		}
		if _, err := host.PreviewOrder(test.settings, test.secrets, plugintest.Order("d", anOrder().Order)); err == nil {
			t.Errorf("%s: a preview is shown", name)
		}
	}
	for _, taken := range []string{
		"https://10.2.3.4:8443/", "https://[2606:4700::1111]/", "https://münchen.example/x?y=z",
		"https://example.com:65535",
	} {
		if _, err := newSender(env(), goodSettings(taken), r); err != nil {
			t.Errorf("%s: %v", taken, err)
		}
	}
}
