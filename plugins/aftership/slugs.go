package aftership

import (
	"fmt"
	"regexp"
	"strings"
)

// slugPattern is what AfterShip takes as a courier slug (AfterShip API
// reference, section 2.4).
var slugPattern = regexp.MustCompile(`^[a-z0-9-]+$`)

// courierSlugs maps carriers as the warehouse names them to AfterShip slugs. The
// keys are folded.
type courierSlugs map[string]string

// parseSlugs reads the setting: "Carrier=slug" pairs, one a line or separated by
// commas. A carrier named twice with different slugs is a fault.
func parseSlugs(written string) (courierSlugs, error) {
	slugs := courierSlugs{}
	pairs := strings.FieldsFunc(written, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' })
	for _, pair := range pairs {
		pair = strings.TrimSpace(pair)
		if pair == "" {
			continue
		}
		carrier, slug, ok := strings.Cut(pair, "=")
		carrier, slug = foldName(carrier), strings.TrimSpace(slug)
		switch {
		case !ok || carrier == "" || slug == "":
			return nil, fmt.Errorf("%q is not of the form Carrier=slug", pair)
		case !slugPattern.MatchString(slug):
			return nil, fmt.Errorf("slug %q has characters other than a to z, 0 to 9 and -", slug)
		case slugs[carrier] != "" && slugs[carrier] != slug:
			return nil, fmt.Errorf("carrier %q has two slugs, %q and %q", carrier, slugs[carrier], slug)
		}
		slugs[carrier] = slug
	}
	return slugs, nil
}

// of is the slug of a carrier, empty if none is mapped: AfterShip then detects
// the courier.
func (s courierSlugs) of(carrier string) string { return s[foldName(carrier)] }
