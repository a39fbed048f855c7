package seal

import "fmt"

var (
	canaryContext = []byte("spurline:canary")
	canaryText    = []byte("this store was sealed with this key set")
)

// Canary returns a sealed value for a store to keep. A store that has one is
// only opened with a key set that opens it, so that a wrong key is found at the
// start and not at the first secret that is needed.
func (s *Sealer) Canary() ([]byte, error) { return s.Seal(canaryText, canaryContext) }

// CheckCanary returns nil if the key set opens canary, and else an error that
// wraps ErrUnreadable: the store was sealed with another key set.
func (s *Sealer) CheckCanary(canary []byte) error {
	text, err := s.Open(canary, canaryContext)
	if err == nil && string(text) == string(canaryText) {
		return nil
	}
	return fmt.Errorf("%w: it was sealed with another key set", ErrUnreadable)
}
