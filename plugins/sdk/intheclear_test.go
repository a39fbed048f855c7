package sdk_test

import (
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
)

func TestInTheClear(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"":                          false,
		"https://api.example.com":   false,
		"http://api.example.com/v1": true,
		"HTTP://10.0.0.1:8080":      true,
		"http://127.0.0.1:8080":     false,
		"http://[::1]":              false,
		"http://localhost:80":       false,
		"http://localhost.example":  true,
		"http://%zz":                false,
	} {
		if got := sdk.InTheClear(address); got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
}
