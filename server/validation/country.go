package validation

import (
	"strings"

	"golang.org/x/text/language"
)

// notAssigned are the two-letter codes that x/text takes for countries and ISO
// 3166-1 does not assign: withdrawn, reserved, or free for private use. What is
// left are the 249 codes of the standard, which a test counts.
const notAssigned = " AC AN BU CP CQ CS CT DD DG DY EA EZ FQ FX HV IC JT MI NH NQ NT PC PU PZ RH SU TA TP UK UN VD" +
	" WK XK YD YU ZR "

// AssignedCountry says whether ISO 3166-1 assigns the alpha-2 or alpha-3 code,
// in any case. Kosovo's "XK" and "XKX" pass too: ISO leaves them to users, and
// carts and carriers use them, so that refusing them would lose real orders.
func AssignedCountry(code string) bool {
	code = strings.ToUpper(code)
	if code == "XK" || code == "XKX" {
		return true
	}
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() || strings.Contains(notAssigned, " "+region.String()+" ") {
		return false
	}
	return code == region.String() || code == region.ISO3()
}
