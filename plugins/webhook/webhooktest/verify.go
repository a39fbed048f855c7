package webhooktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tolerance is how far a timestamp may be off, in either direction.
const tolerance = 5 * time.Minute

var (
	plainID    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	plainStamp = regexp.MustCompile(`^[1-9][0-9]{0,11}$`)
)

func (e *Exchange) problem(format string, args ...any) {
	e.Problems = append(e.Problems, fmt.Sprintf(format, args...))
}

// verify looks at the request line and the headers, and counts the signatures that
// fit one of the secrets.
func (e *Exchange) verify(request *http.Request, secrets []string) {
	if request.Method != http.MethodPost {
		e.problem("method is %s", request.Method)
	}
	if kind, _, err := mime.ParseMediaType(request.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		e.problem("content type is %q", request.Header.Get("Content-Type"))
	}
	for _, name := range []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		if len(request.Header.Values(name)) != 1 {
			e.problem("header %s is there %d times", name, len(request.Header.Values(name)))
		}
	}
	if !plainID.MatchString(e.ID) {
		e.problem("id %q has other characters than letters, digits, _ and -, or none", e.ID)
	}
	stamp := request.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || !plainStamp.MatchString(stamp) {
		e.problem("timestamp %q is no number of seconds", stamp)
	}
	e.Timestamp = time.Unix(seconds, 0)
	if off := e.Time.Sub(e.Timestamp).Abs(); off > tolerance {
		e.problem("timestamp is %s off", off)
	}
	for signature := range strings.SplitSeq(request.Header.Get("webhook-signature"), " ") {
		version, value, found := strings.Cut(signature, ",")
		if !found || version == "" || value == "" {
			e.problem("signature %q is not version,base64", signature)
			continue
		}
		if version != "v1" {
			continue // Of a version to come.
		}
		e.Signatures++
		for _, secret := range secrets {
			if hmac.Equal([]byte(value), []byte(expected(secret, e.ID, stamp, e.Raw))) {
				e.Matches++
			}
		}
	}
	if e.Matches == 0 {
		e.problem("no signature fits")
		e.unauthorized = true
	}
}

// expected is the v1 signature; empty for a secret that is none, which fits nothing.
func expected(secret, id, stamp string, body []byte) string {
	encoded, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil {
		return ""
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
