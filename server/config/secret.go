package config

import "log/slog"

// Secret is text that does not print, whatever prints it.
type Secret string

const masked = "[secret]"

// Reveal returns the text. Hand it to who needs it, and to nothing that writes.
func (s Secret) Reveal() string { return string(s) }

// String says that there is a secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString does the same for %#v.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue does the same for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText does the same for JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
