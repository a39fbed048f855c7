//go:build !unix

package bench

import "errors"

// profile fails if one is wanted: there is no signal to begin it with.
func (w *world) profile() (end func() error, err error) {
	if w.runner.CPUProfile != "" {
		return nil, errors.New("a CPU profile of the server needs Unix")
	}
	return func() error { return nil }, nil
}
