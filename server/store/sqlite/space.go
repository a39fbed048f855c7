package sqlite

import (
	"os"
	"path/filepath"
	"time"
)

// Space is what a store takes of its disk and what is left there, in bytes.
type Space struct {
	// Database and Log are the sizes of the file and of its write-ahead log.
	Database, Log int64
	// Free is what the disk has left, Reserve what of that is kept for outcomes: with
	// less, submissions get ErrFull.
	Free, Reserve uint64
}

// Space asks the file system. What cannot be asked for is 0.
func (s *Store) Space() Space {
	free, err := freeSpace(filepath.Dir(s.path))
	if err != nil {
		free = 0
	}
	return Space{
		Database: fileSize(s.path), Log: fileSize(s.path + "-wal"), Free: free, Reserve: s.writer.room.reserve,
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func (w *writer) onCommitted(told func(took time.Duration)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = told
}

func (w *writer) tell(took time.Duration) {
	w.mu.Lock()
	told := w.told
	w.mu.Unlock()
	if told != nil {
		told(took)
	}
}
