package sdk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/spurline/spurline/plugins/sdk"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	secret := sdk.NewSecret(canary)
	inside := struct {
		Exported sdk.Secret
		hidden   sdk.Secret
		Pointer  *sdk.Secret
	}{secret, secret, &secret}
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T", "%10.2s"} {
		for _, value := range []any{secret, &secret, inside, []sdk.Secret{secret}, map[string]sdk.Secret{"a": secret}} {
			_, _ = fmt.Fprintf(&text, verb+"\n", value)
		}
	}
	raw, err := json.Marshal(map[string]any{"value": secret, "inside": inside, "list": []sdk.Secret{secret}})
	if err != nil {
		t.Fatal(err)
	}
	text.Write(raw)
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", slog.Any("secret", secret), slog.Any("inside", inside))
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", slog.Any("secret", secret), slog.Any("inside", inside))
	if bytes.Contains(text.Bytes(), []byte(canary)) {
		t.Errorf("the secret is in the text:\n%s", text.String())
	}
	if secret.Reveal() != canary || secret.Empty() || !(sdk.Secret{}).Empty() {
		t.Error("Reveal or Empty is wrong")
	}
}
