// Package store holds the records that Spurline keeps and the contract of the
// engines that keep them. The suite in storetest defines the contract in full;
// package sqlite is the embedded engine.
//
// Writes that are asked for at the same time share one commit. A write returns
// after its commit is flushed to disk (promise P1), and a failed write has
// changed nothing. Times come from the caller, so that tests own the clock;
// they are kept to the microsecond.
//
// All methods of a Store may be called concurrently. Byte slices and maps
// handed in must not be changed afterwards; those handed out belong to the
// caller.
package store
