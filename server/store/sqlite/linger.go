package sqlite

import "time"

// Under load a commit waits a little for more to share it. Where few write at a time
// it would only be late, and where many wait already nothing is to be gained.
const (
	lingerTime = time.Millisecond
	lingerFrom = 4
	lingerUpTo = 32
)

// linger waits for more writes after a commit of that many.
func (w *writer) linger(last int) {
	if last < lingerFrom {
		return
	}
	w.mu.Lock()
	enough := w.closed || w.queue.len() >= lingerUpTo
	w.mu.Unlock()
	if !enough {
		<-time.After(lingerTime)
	}
}
