package seal

import (
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrUnreadable is wrapped by the error of every value that does not open: it
// was sealed with a key that is not in the key set, or under another context,
// or it was damaged.
var ErrUnreadable = errors.New("sealed value cannot be opened")

// Sealer seals and opens values. It is safe for concurrent use.
type Sealer struct {
	primitive   tink.AEAD
	development bool
}

// Seal encrypts plaintext and binds it to context. Neither slice is kept. Two
// calls never return the same bytes.
func (s *Sealer) Seal(plaintext, context []byte) ([]byte, error) {
	sealed, err := s.primitive.Encrypt(plaintext, context)
	if err != nil {
		return nil, fmt.Errorf("seal value: %w", err)
	}
	return sealed, nil
}

// Open returns what Seal was given, if context is the same. The error wraps
// ErrUnreadable and tells nothing of the value.
func (s *Sealer) Open(sealed, context []byte) ([]byte, error) {
	plaintext, err := s.primitive.Decrypt(sealed, context)
	if err != nil {
		return nil, fmt.Errorf("%w with the configured key set", ErrUnreadable)
	}
	return plaintext, nil
}

// Development tells whether the key set is one that Open made by itself because
// none was configured.
func (s *Sealer) Development() bool { return s.development }

func newSealer(handle *keyset.Handle) (*Sealer, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, err
	}
	return &Sealer{primitive: primitive}, nil
}
