package aftershiptest

import "strings"

// Generation is a version of the Tracking API as it stands in the path.
type Generation string

// The generations served (AfterShip API reference, section 2.1).
const (
	V4      Generation = "v4"
	V202310 Generation = "2023-10"
	V202401 Generation = "2024-01"
	V202404 Generation = "2024-04"
	V202407 Generation = "2024-07"
	V202410 Generation = "2024-10"
	V202501 Generation = "2025-01"
	V202504 Generation = "2025-04"
	V202507 Generation = "2025-07"
	V202601 Generation = "2026-01"
	V202607 Generation = "2026-07"
)

// Generations lists the generations served, oldest first.
func Generations() []Generation {
	return []Generation{
		V4, V202310, V202401, V202404, V202407, V202410, V202501, V202504, V202507, V202601, V202607,
	}
}

// known says whether the generation is served.
func (g Generation) known() bool {
	for _, k := range Generations() {
		if k == g {
			return true
		}
	}
	return false
}

// year makes "v4" comparable: it is older than every dated generation.
func (g Generation) year() string {
	if g == V4 {
		return ""
	}
	return string(g)
}

// since says that g is the given generation or a later one.
func (g Generation) since(first Generation) bool { return g.year() >= first.year() }

// upTo says that g is the given generation or an earlier one.
func (g Generation) upTo(last Generation) bool { return g.year() <= last.year() }

// dated says that g is not the legacy generation.
func (g Generation) dated() bool { return g != V4 }

// wrapped says that a tracking rides in a "tracking" object, in bodies and in
// answers (section 2.2, step 2024-07).
func (g Generation) wrapped() bool { return g.upTo(V202404) }

// pathsByNumber says that /trackings/{slug}/{number} exists (step 2024-10).
func (g Generation) pathsByNumber() bool { return g.upTo(V202407) }

// refusesWrongTypes says that a field of the wrong type is an error; before, it
// was ignored (step 2024-10).
func (g Generation) refusesWrongTypes() bool { return g.since(V202410) }

// cursors says that lists are paged by cursor (step 2024-10).
func (g Generation) cursors() bool { return g.since(V202410) }

// couriersAll says that GET /couriers/all exists and GET /couriers means the
// enabled ones (section 9).
func (g Generation) couriersAll() bool { return g.upTo(V202501) }

// limitsPerEndpoint says that each endpoint has its own rate limit (section 8).
func (g Generation) limitsPerEndpoint() bool { return g.since(V202407) }

// longIDs says that ids are 32 hexadecimal digits and the 24 characters of older
// generations are the legacy_id (section 5; the very step is not documented).
func (g Generation) longIDs() bool { return g.since(V202407) }

// split takes the generation off a path: "/v4/…" or "/tracking/{generation}/…".
func split(path string) (g Generation, rest string, ok bool) {
	if after, found := strings.CutPrefix(path, "/v4/"); found {
		return V4, "/" + after, true
	}
	after, found := strings.CutPrefix(path, "/tracking/")
	if !found {
		return "", "", false
	}
	name, rest, found := strings.Cut(after, "/")
	g = Generation(name)
	if !found || g == V4 || !g.known() {
		return "", "", false
	}
	return g, "/" + rest, true
}

// Prefix is the path of the generation under the base URL.
func (g Generation) Prefix() string {
	if g == V4 {
		return "/v4"
	}
	return "/tracking/" + string(g)
}
