package webhook

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/webhook/internal/dialguard"
)

// CheckConnection tests the settings. By default it connects, looks at the
// certificate and hangs up, so the receiver sees no request; if check_with says so,
// it sends a signed event of type webhook.test, which is no business data.
func (s *Sender) CheckConnection(ctx context.Context) sdk.CheckResult {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if s.checkWith == checkWithEvent {
		return s.checkByEvent(ctx)
	}
	if err := s.remote.connect(ctx, s.endpoint); err != nil {
		return unconnected(err)
	}
	return s.checked()
}

// checked is a good test.
func (s *Sender) checked() sdk.CheckResult {
	var warnings []string
	if s.rotating() {
		warnings = append(warnings, "events are signed with two secrets: clear previous_signing_secret once the receiver "+
			"has the new one")
	}
	if !s.endpoint.encrypted() {
		warnings = append(warnings, "the address is not encrypted (http): this is for development only")
	}
	return sdk.CheckOK(s.endpoint.account(), s.endpoint.url.Host, warnings...)
}

// unconnected says why no connection came about.
func unconnected(err error) sdk.CheckResult {
	var (
		refused *dialguard.RefusedError
		invalid *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &refused):
		return sdk.CheckFaulty(sdk.Fault{Field: "url", Reason: reasonAddress, Hint: addressHint(refused)})
	case errors.As(err, &invalid), errors.As(err, &unknown):
		return sdk.CheckFaulty(sdk.Fault{
			Field: "url", Reason: "CERTIFICATE_REFUSED",
			Hint: "the certificate at this address is not valid for it: have a public authority issue one, for this name " +
				"and with its whole chain",
		})
	default:
		return sdk.CheckUnreachable(sdk.FromError(err, true).Hint())
	}
}

// checkByEvent sends a webhook.test.
func (s *Sender) checkByEvent(ctx context.Context) sdk.CheckResult {
	body, err := encodeEvent(webhookTest, s.remote.now().Truncate(time.Millisecond), struct {
		MerchantID string `json:"merchant_id"`
	}{s.merchant})
	if err != nil {
		return sdk.CheckUnreachable(err.Error())
	}
	a := s.post(ctx, "msg_test_"+rand.Text(), "", body)
	switch {
	case a.failure != nil:
		return unconnected(a.failure)
	case a.good():
		return s.checked()
	}
	fault := func(field, reason, hint string) sdk.CheckResult {
		return sdk.CheckFaulty(sdk.Fault{Field: field, Reason: reason, Hint: hint})
	}
	reason, hint := a.failed()
	switch {
	case a.status >= 300 && a.status < 400:
		return fault("url", reasonRedirect, a.redirectHint())
	case a.status == http.StatusGone:
		return fault("url", reasonGone, goneHint)
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return fault("signing_secret", reason, hint)
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		return fault("url", reason, hint)
	case a.status == http.StatusTooManyRequests, a.status == http.StatusRequestTimeout, a.status >= 500:
		return sdk.CheckUnreachable(hint).WithRetryAfter(a.retryAfter())
	default:
		return fault("", reason, "the receiver refuses an event of type webhook.test: have it answer 2xx to types that it "+
			"does not know, or choose check_with connection")
	}
}
