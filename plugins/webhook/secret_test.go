package webhook

import (
	"encoding/base64"
	"strings"
	"testing"
)

func secretOf(bytes int) string {
	return secretPrefix + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", bytes)))
}

func TestParseSecret(t *testing.T) {
	t.Parallel()
	for _, bytes := range []int{24, 25, 26, 32, 63, 64} {
		for _, secret := range []string{secretOf(bytes), strings.TrimRight(secretOf(bytes), "=")} {
			if key, err := parseSecret(secret); err != nil || len(key) != bytes {
				t.Errorf("%d bytes: %d, %v", bytes, len(key), err)
			}
		}
	}
	const canary = "Q2FuYXJ5"
	for name, test := range map[string]struct{ secret, says string }{
		"empty":        {"", "begin with whsec_"},
		"no prefix":    {canary + canary + canary + canary, "begin with whsec_"},
		"other case":   {"WHSEC_" + canary, "begin with whsec_"},
		"asymmetric":   {"whsk_" + canary, "asymmetric"},
		"public":       {"whpk_" + canary, "asymmetric"},
		"prefix only":  {secretPrefix, "0 bytes"},
		"too short":    {secretOf(23), "23 bytes"},
		"too long":     {secretOf(65), "65 bytes"},
		"URL alphabet": {secretPrefix + "-_" + strings.Repeat(canary, 5), "not base64"},
		"space":        {secretPrefix + canary + " " + strings.Repeat(canary, 5), "not base64"},
		"line end":     {secretOf(32) + "\n", "not base64"},
		"line within":  {secretPrefix + canary + "\n" + strings.Repeat(canary, 4), "not base64"},
		"padding":      {secretOf(32) + "=", "not base64"},
		"odd padding":  {secretOf(24) + "===", "not base64"},
		"loose bits":   {secretPrefix + strings.Repeat("A", 42) + "B=", "not base64"},
		"padding amid": {secretPrefix + canary + "==" + strings.Repeat(canary, 5), "not base64"},
	} {
		key, err := parseSecret(test.secret)
		if err == nil || key != nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %q, %v", name, key, err)
			continue
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error quotes the secret: %v", name, err)
		}
	}
}

// FuzzParseSecret: what is taken is a key of the right length that shows as the
// secret, and no error quotes what was entered.
func FuzzParseSecret(f *testing.F) {
	for _, seed := range []string{secretOf(24), secretOf(65), "whsec_", "whsk_AAAA", "", "whsec_====", "whsec_\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, secret string) {
		key, err := parseSecret(secret)
		if err != nil {
			if rest := strings.TrimPrefix(secret, secretPrefix); len(rest) > 16 && strings.Contains(err.Error(), rest) {
				t.Errorf("the error quotes the secret: %v", err)
			}
			return
		}
		shown := secretPrefix + base64.StdEncoding.EncodeToString(key)
		if len(key) < shortestKey || len(key) > longestKey ||
			strings.TrimRight(shown, "=") != strings.TrimRight(secret, "=") {
			t.Errorf("%q is read as %q", secret, shown)
		}
	})
}
