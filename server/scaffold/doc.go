// Package scaffold writes new plugins: a whole one, with tests and a stand-in for its
// extra interface, for its author to change into what it should be.
package scaffold
