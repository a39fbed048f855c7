// Package lookup finds what requests name, and turns the errors of a store into
// those of the API: what does not exist, and what to do. All services use it, so
// that the same mistake reads the same everywhere.
package lookup
