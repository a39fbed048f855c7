// Package contract writes the reference of the plugin contract from the proto files
// and their comments, for authors in every language.
package contract
