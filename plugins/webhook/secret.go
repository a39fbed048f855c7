package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const (
	secretPrefix = "whsec_"
	// A key has this many bytes (Standard Webhooks 1.0.0, symmetric signatures).
	shortestKey, longestKey = 24, 64
)

// parseSecret returns the key that a secret like "whsec_MfKQ9r8…" shows. The error
// says what is wrong and never quotes the secret.
func parseSecret(secret string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	switch {
	case strings.HasPrefix(secret, "whsk_") || strings.HasPrefix(secret, "whpk_"):
		return nil, errors.New("it is an asymmetric key (whsk_, whpk_): enter a symmetric secret, which begins with whsec_")
	case !ok:
		return nil, errors.New("it does not begin with whsec_: enter the secret with this prefix and base64 behind it")
	}
	// The padding is left out by some generators.
	key, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(encoded, "="))
	padding := len(encoded) - len(strings.TrimRight(encoded, "="))
	// Go's decoder skips line ends.
	if err != nil || strings.ContainsAny(encoded, "\r\n") || padding > 0 && len(encoded)%4 != 0 || padding > 2 {
		return nil, errors.New("what follows whsec_ is not base64 of the standard alphabet: enter the secret whole, " +
			"without spaces or line ends")
	}
	if len(key) < shortestKey || len(key) > longestKey {
		return nil, fmt.Errorf("it has %d bytes behind whsec_, and must have %d to %d: make one with "+
			`"openssl rand -base64 32" and put whsec_ before it`, len(key), shortestKey, longestKey)
	}
	return key, nil
}
