package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

var errNotKeySet = errors.New(`not an AEAD key set in Tink's JSON form, plain or in base64; ` +
	`make one with "spurline key new"`)

// NewKeySet returns a new key set with one AES-256-GCM key, as JSON text that
// ends in a newline. It is the secret itself: keep it where only the server
// reads it.
func NewKeySet() ([]byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make key set: %w", err)
	}
	return encode(handle)
}

// Rotate returns text, a key set as NewKeySet makes them, with a new key that
// seals from now on. The older keys stay and open what they sealed.
func Rotate(text []byte) ([]byte, error) {
	handle, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("rotate key set: %w", err)
	}
	manager := keyset.NewManagerFromHandle(handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("rotate key set: add key: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("rotate key set: choose new key: %w", err)
	}
	rotated, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("rotate key set: %w", err)
	}
	return encode(rotated)
}

func encode(handle *keyset.Handle) ([]byte, error) {
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return nil, fmt.Errorf("write key set: %w", err)
	}
	text.WriteByte('\n')
	return text.Bytes(), nil
}

// decode reads a key set. Its errors never repeat the text, which the errors of
// the JSON decoder do.
func decode(text []byte) (*keyset.Handle, error) {
	text = bytes.TrimSpace(text)
	if len(text) > 0 && text[0] != '{' {
		plain, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			return nil, errNotKeySet
		}
		text = plain
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(text)))
	if err != nil {
		return nil, errNotKeySet
	}
	if _, err := aead.New(handle); err != nil {
		return nil, errNotKeySet
	}
	return handle, nil
}
