package aftership

import (
	"crypto/sha256"
	"encoding/hex"
)

// accountID names the account behind an API key. AfterShip has no call that
// tells the organisation (AfterShip API reference, section 9), so a digest of
// the key stands for it: connections that share a key share its limits, and the
// key cannot be read back from it.
func accountID(key string) string {
	sum := sha256.Sum256([]byte("spurline/aftership/account/v1\n" + key))
	return "key-" + hex.EncodeToString(sum[:16])
}

// accountName is what an operator sees. It shows no character of the key.
func accountName(id string) string {
	return "AfterShip, key with digest " + id[len("key-"):len("key-")+8]
}
