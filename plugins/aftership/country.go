package aftership

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// countryAlpha3 turns a country as callers write it, alpha-2, alpha-3 or its
// English name in any case, into the ISO 3166-1 alpha-3 code that AfterShip
// takes (AfterShip API reference, section 3). It says whether there is one.
func countryAlpha3(submitted string) (string, bool) {
	written := strings.TrimSpace(submitted)
	if len(written) == 2 || len(written) == 3 {
		if region, err := language.ParseRegion(written); err == nil {
			return assignedAlpha3(region)
		}
	}
	code, ok := countryNames()[foldName(written)]
	return code, ok
}

// unassigned are codes of regions that ISO 3166-1 only reserves, or no longer
// assigns: islands without a code of their own, and states that ended.
var unassigned = []string{"ANT", "ASC", "CPT", "DGA", "NTZ", "PCI", "SCG", "SUN", "TAA", "XKK", "YUG", "ZZZ"}

// assignedAlpha3 is the code of a country that ISO assigns one to. Groups of
// countries and private codes have none.
func assignedAlpha3(region language.Region) (string, bool) {
	region = region.Canonicalize()
	code := region.ISO3()
	if !region.IsCountry() || region.IsPrivateUse() || slices.Contains(unassigned, code) {
		return "", false
	}
	return code, true
}

// countryNames maps folded English names to codes: the ones of CLDR and the few
// that forms and carts use besides.
var countryNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	english := display.English.Regions()
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			region, err := language.ParseRegion(string([]rune{first, second}))
			if err != nil {
				continue
			}
			name := foldName(english.Name(region))
			if code, ok := assignedAlpha3(region); ok && name != "" {
				names[name] = code
			}
		}
	}
	for name, code := range map[string]string{
		"United States of America": "USA", "Great Britain": "GBR", "England": "GBR", "Scotland": "GBR",
		"Wales": "GBR", "Northern Ireland": "GBR", "Czech Republic": "CZE", "Holland": "NLD",
		"The Netherlands": "NLD", "Republic of Korea": "KOR", "Korea": "KOR", "Hong Kong": "HKG", "Macau": "MAC",
		"Macao": "MAC", "Russian Federation": "RUS", "Viet Nam": "VNM", "Turkey": "TUR", "Burma": "MMR",
		"Swaziland": "SWZ", "Macedonia": "MKD", "Cape Verde": "CPV", "Ivory Coast": "CIV",
	} {
		names[foldName(name)] = code
	}
	return names
})

// foldName compares names without case and surplus white space.
func foldName(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(name)), " ")
}
