package sdk

import (
	"fmt"
	"log/slog"
)

// masked stands in for secrets wherever text leaves the process.
const masked = "[secret]"

// Secret is the value of a secret setting. Whatever prints, logs or marshals it
// gets "[secret]"; only Reveal gives the value. Secrets
// are compared by what they reveal, not by ==.
//
// The value is behind a pointer, because package fmt prints the private fields of
// structs without asking their methods.
type Secret struct{ value *string }

// NewSecret returns a secret with the value. The kit makes those of settings;
// this is for tests of plugins.
func NewSecret(value string) Secret { return Secret{&value} }

// Reveal returns the value. Hand it to the extra interface and to nobody else.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Empty says whether there is no value.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// String implements fmt.Stringer.
func (Secret) String() string { return masked }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return masked }

// Format implements fmt.Formatter for every verb.
func (Secret) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte(masked)) }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + masked + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }
