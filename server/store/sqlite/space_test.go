package sqlite

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

func TestSpace(t *testing.T) {
	t.Parallel()
	var commits atomic.Int64
	s, err := Open(t.Context(), Options{
		Path: filepath.Join(t.TempDir(), "spurline.db"), Reserve: 12345,
		Committed: func(took time.Duration) {
			if took > 0 {
				commits.Add(1)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	shop := openShop(t, s)
	before := s.Space()
	if _, err := s.submit(t, shop, "A-1", 1<<20); err != nil {
		t.Fatal(err)
	}
	after := s.Space()
	if after.Database <= 0 || after.Log < before.Log+1<<20 || after.Free <= 0 || after.Reserve != 12345 {
		t.Errorf("space after a write of 1 MiB: %+v, before it: %+v", after, before)
	}
	if told := commits.Load(); told != s.Stats().Commits || told < 3 {
		t.Errorf("told of %d commits of %d", told, s.Stats().Commits)
	}
}
