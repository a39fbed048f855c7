// Package cache remembers what is dear to make and can be made again.
package cache

import "sync"

// Map holds at most so many values by key; one more throws an arbitrary one out.
// It may be used concurrently. Make one with New.
type Map[K comparable, V any] struct {
	most   int
	mu     sync.Mutex
	values map[K]V
}

// New returns a map of at most so many values.
func New[K comparable, V any](most int) *Map[K, V] {
	return &Map[K, V]{most: most, values: map[K]V{}}
}

// Get returns the value of a key, or makes and keeps it. Two callers may make the
// same one at the same time; an error is not kept.
func (m *Map[K, V]) Get(key K, make func() (V, error)) (V, error) {
	m.mu.Lock()
	known, ok := m.values[key]
	m.mu.Unlock()
	if ok {
		return known, nil
	}
	fresh, err := make()
	if err != nil {
		return fresh, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.values) >= m.most {
		for victim := range m.values {
			delete(m.values, victim)
			break
		}
	}
	m.values[key] = fresh
	return fresh, nil
}

// Forget drops the value of a key.
func (m *Map[K, V]) Forget(key K) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.values, key)
}
