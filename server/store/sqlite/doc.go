// Package sqlite is the embedded engine of store.Store: one file in WAL mode with
// full synchronisation, one writer that merges everything that waits into one
// commit, and readers on connections of their own.
//
//	kept, err := sqlite.Open(ctx, sqlite.Options{Path: "spurline.db", Logger: logger})
//
// The file is locked for the process: a second Open fails with store.ErrLocked.
package sqlite
