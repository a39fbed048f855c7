package aftershiptest

import "net/http"

// Keys of a new stand-in.
const (
	// ValidKey may do everything.
	ValidKey = "asat_stand_in_valid"
	// LegacyKey works on v4 only.
	LegacyKey = "asat_stand_in_legacy"
	// NoPlanKey belongs to an organisation whose plan has no API access.
	NoPlanKey = "asat_stand_in_no_plan"
	// ReadOnlyKey may read but not write.
	ReadOnlyKey = "asat_stand_in_read_only"
)

// Access is what a key may do.
type Access int

const (
	// Full access.
	Full Access = iota
	// LegacyOnly answers 401 on every dated generation.
	LegacyOnly
	// NoPlan answers 403 to everything.
	NoPlan
	// ReadOnly answers 403 to what is not a GET.
	ReadOnly
)

// Key is an API key that the stand-in accepts.
type Key struct {
	// Value is the key itself.
	Value string
	// Access is what it may do.
	Access Access
	// Organisation owns trackings and rate limits; keys that leave it empty have
	// one of their own.
	Organisation string
}

func defaultKeys() []Key {
	return []Key{
		{Value: ValidKey},
		{Value: LegacyKey, Access: LegacyOnly},
		{Value: NoPlanKey, Access: NoPlan},
		{Value: ReadOnlyKey, Access: ReadOnly},
	}
}

// keyOf reads the key of a request: as-api-key everywhere, aftership-api-key on
// v4 only (AfterShip API reference, section 2.1).
func keyOf(g Generation, h http.Header) string {
	if key := h.Get("as-api-key"); key != "" {
		return key
	}
	if !g.dated() {
		return h.Get("aftership-api-key")
	}
	return ""
}

// authenticate finds the organisation of a request or refuses it. The code of a
// legacy-only key on a dated generation is our reading (section 7).
func (s *Server) authenticate(c *call) *apiError {
	key, ok := s.keys[keyOf(c.generation, c.r.Header)]
	switch {
	case !ok:
		return unauthorized()
	case key.Access == LegacyOnly && c.generation.dated():
		return unauthorized()
	}
	c.organisation = key.Organisation
	if c.organisation == "" {
		c.organisation = key.Value
	}
	switch {
	case key.Access == NoPlan:
		return forbidden("You do not have permission to access the API. Please choose a plan.")
	case key.Access == ReadOnly && c.r.Method != http.MethodGet:
		return forbidden("The API key does not have the permission for this request.")
	}
	return nil
}
