package aftership

import (
	"testing"

	"golang.org/x/text/language"
)

func TestCountryAlpha3(t *testing.T) {
	t.Parallel()
	tests := []struct{ written, want string }{
		{"DE", "DEU"},
		{"de", "DEU"},
		{"DEU", "DEU"},
		{" deu ", "DEU"},
		{"Germany", "DEU"},
		{"united  states", "USA"},
		{"United States of America", "USA"},
		{"UK", "GBR"},
		{"Great Britain", "GBR"},
		{"Czech Republic", "CZE"},
		{"Czechia", "CZE"},
		{"Turkey", "TUR"},
		{"TW", "TWN"},
		{"HK", "HKG"},
		{"PR", "PRI"},
		{"", ""},
		{"XX", ""},
		{"ZZ", ""},
		{"EU", ""},
		{"XK", ""},
		{"SU", ""},
		{"AC", ""},
		{"Atlantis", ""},
		{"D", ""},
		{"DEUT", ""},
	}
	for _, test := range tests {
		got, ok := countryAlpha3(test.written)
		if got != test.want || ok != (test.want != "") {
			t.Errorf("countryAlpha3(%q) is %q, %v; want %q", test.written, got, ok, test.want)
		}
	}
}

// TestEveryAssignedCountry counts: ISO 3166-1 assigns 249 codes, and each has a
// name that finds it.
func TestEveryAssignedCountry(t *testing.T) {
	t.Parallel()
	byCode, byName := map[string]bool{}, map[string]bool{}
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			region, err := language.ParseRegion(string([]rune{first, second}))
			if err != nil {
				continue
			}
			if code, ok := assignedAlpha3(region); ok {
				byCode[code] = true
			}
		}
	}
	for _, code := range countryNames() {
		byName[code] = true
	}
	if len(byCode) != 249 || len(byName) != 249 {
		t.Errorf("%d countries by code and %d by name, want 249", len(byCode), len(byName))
	}
}
