package cache_test

import (
	"errors"
	"testing"

	"github.com/spurline/spurline/server/cache"
)

func TestMapKeepsSoMany(t *testing.T) {
	t.Parallel()
	made := 0
	m := cache.New[int, int](10)
	get := func(key int) {
		t.Helper()
		value, err := m.Get(key, func() (int, error) { made++; return key * 2, nil })
		if err != nil || value != key*2 {
			t.Errorf("value of %d: %d, %v", key, value, err)
		}
	}
	for range 2 {
		for key := range 10 {
			get(key)
		}
	}
	if made != 10 {
		t.Errorf("made %d values for 10 keys", made)
	}
	m.Forget(3)
	get(3)
	if made != 11 {
		t.Errorf("made %d values, want a forgotten one again", made)
	}
	for key := range 100 {
		get(key)
	}
	before := made
	for key := range 100 {
		get(key)
	}
	if again := made - before; again < 90 {
		t.Errorf("%d of 100 were still there, want at most 10", 100-again)
	}
}

func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	m := cache.New[string, int](1)
	failed := errors.New("failed")
	if _, err := m.Get("key", func() (int, error) { return 0, failed }); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if value, err := m.Get("key", func() (int, error) { return 1, nil }); err != nil || value != 1 {
		t.Errorf("got %d, %v", value, err)
	}
}
