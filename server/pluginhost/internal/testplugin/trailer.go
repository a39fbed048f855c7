package main

import (
	"bytes"
	"encoding/json"
	"os"

	"google.golang.org/protobuf/encoding/protojson"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// trailerMark begins what a test appended to the binary. It is not written here as
// it stands there: it would be found in the code.
var trailerMark = []byte("\n#TRAILER" + "#")

// trailer makes the binary another version.
type trailer struct {
	// Behaviour in the place of that of the name.
	Behaviour string
	// Description is merged into the one that it gives, as JSON.
	Description json.RawMessage
	// Refuses are values of settings that it does not take.
	Refuses map[string]string
	// Judges says how it answers CheckSettings: not at all if empty, "faults",
	// "never" and "death".
	Judges string
}

// readTrailer reads what is appended to the binary, if anything is.
func (s *service) readTrailer() {
	binary, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return
	}
	at := bytes.LastIndex(binary, trailerMark)
	if at < 0 || len(binary)-at > 64<<10 {
		return
	}
	var t trailer
	if err := json.Unmarshal(binary[at+len(trailerMark):], &t); err != nil {
		return
	}
	s.refuses, s.judges = t.Refuses, t.Judges
	if t.Behaviour != "" {
		s.behaviour = t.Behaviour
	}
	if len(t.Description) > 0 {
		s.version = &pluginv1.Description{}
		if err := protojson.Unmarshal(t.Description, s.version); err != nil {
			os.Exit(5)
		}
	}
}
