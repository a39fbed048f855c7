// Package schema hands out a self-contained copy of the proto sources of
// Spurline, for clients in other languages. The folder nodeclient is such a
// client: it is made from an export alone.
package schema
