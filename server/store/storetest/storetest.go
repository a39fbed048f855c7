// Package storetest defines what a store.Store is: a suite that every engine
// runs against itself.
//
//	func TestStore(t *testing.T) {
//		t.Parallel()
//		storetest.Run(t, func(t *testing.T) storetest.Engine { return newEngine(t) })
//	}
//
// It uses nothing but the contract, and fails where an engine breaks a promise.
package storetest

import (
	"context"
	"testing"

	"github.com/spurline/spurline/server/store"
)

// Engine is one empty store that can be opened, closed and opened again.
type Engine interface {
	// Open opens the store with everything that was kept in it. The suite closes
	// what it opens.
	Open(ctx context.Context) (store.Store, error)
	// Limit sets the limits of the stores that are opened from now on; before it
	// they are so high that the suite does not reach them.
	Limit(limits Limits)
	// Crash ends the open store as a kill would: what was acknowledged is kept,
	// and nothing is marked as cleanly closed. The store is not used afterwards.
	Crash(ctx context.Context) error
}

// test is one test of the suite.
type test struct {
	name string
	run  func(w *world)
}

// group is tests of one subject. They share a store and run side by side, each
// with a merchant of its own, unless they are alone.
type group struct {
	name  string
	alone bool
	tests []test
}

func groups() []group {
	return []group{
		{name: "Accept", tests: acceptTests()},
		{name: "Request", tests: requestTests()},
		{name: "Supersede", tests: supersedeTests()},
		{name: "Join", tests: joinTests()},
		{name: "Blocked", tests: blockedTests()},
		{name: "Complete", tests: completeTests()},
		{name: "Late", tests: lateTests()},
		{name: "Mend", tests: mendTests()},
		{name: "Merchants", tests: merchantTests()},
		{name: "Connections", tests: connectionTests()},
		{name: "Edit", tests: editTests()},
		{name: "Recheck", tests: recheckTests()},
		{name: "Lanes", tests: laneTests()},
		{name: "Lists", tests: listTests()},
		{name: "Wakes", alone: true, tests: wakeTests()},
		{name: "Waits", alone: true, tests: waitTests()},
		{name: "Backlog", alone: true, tests: backlogTests()},
		{name: "Epochs", alone: true, tests: epochTests()},
		{name: "Traces", alone: true, tests: traceTests()},
	}
}

// Run runs the suite. start makes an empty store, several of them side by side.
func Run(t *testing.T, start func(t *testing.T) Engine) {
	t.Helper()
	for _, g := range groups() {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			var shared *world
			if !g.alone {
				shared = open(t, start(t))
			}
			for _, test := range g.tests {
				t.Run(test.name, func(t *testing.T) {
					t.Parallel()
					if g.alone {
						w := open(t, start(t))
						w.settle()
						test.run(w)
					} else {
						test.run(shared.beside(t))
					}
				})
			}
		})
	}
	t.Run("Property", func(t *testing.T) {
		t.Parallel()
		checkProperty(t, start(t))
	})
}
