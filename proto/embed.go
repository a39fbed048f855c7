// Package proto embeds the sources of Spurline's contracts, so that the program
// can hand them out.
package proto

import "embed"

// Sources holds every .proto file of Spurline at its import path.
//
//go:embed spurline/*/v1/*.proto
var Sources embed.FS
