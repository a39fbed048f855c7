// Package schema hands out the proto sources of Spurline: the third-party files
// they import, for our own build, and a self-contained copy of everything, for
// clients in other languages. The folder nodeclient is such a client: it is made
// from an export alone.
package schema
