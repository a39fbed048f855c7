// Package seal encrypts what must not be read at rest: secrets of connections
// and the state that plugins keep for them (promise P8).
//
// A Sealer is made from a Tink AEAD key set. Its primary key seals, every
// enabled key of the set opens, so a key is rotated by adding a new primary and
// keeping the old one. Each sealed value is bound to a context that says what it
// is and whose; it opens only under the same context, so a value cannot be
// copied from one row to another.
//
//	sealer, err := seal.Open(seal.Source{File: "/etc/spurline/keys.json"}, log)
//	...
//	sealed, err := sealer.Seal(secrets, []byte("connection:42:secrets"))
//	...
//	secrets, err := sealer.Open(sealed, []byte("connection:42:secrets"))
package seal
