// Package disktest is a disk that fails on purpose, for tests of what is kept in
// SQLite. It stands between SQLite and the files of a folder, passes everything on
// to the real ones, and remembers what was written since the last sync of each.
//
//	disk := disktest.New(t, folder)
//	kept, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(folder, "s.db")})
//	...
//	err = disk.Image(random).Write(t.TempDir()) // What a power cut would leave.
//
// An image has everything that was synced and any part of what was not: of each
// sector any version written since, each truncation or not, a new file or not, a
// deleted one back again. A sync that fails loses what it should have kept, as
// Linux does: a later one that succeeds does not bring it back.
//
// Nothing in what is tested knows of it: the layer becomes the default VFS of the
// process, and leaves files of other folders alone.
package disktest
