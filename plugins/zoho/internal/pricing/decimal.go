package pricing

import (
	"encoding/json"
	"math/big"
	"strings"
)

// mostDecimals is how many decimals an amount, a price or a quantity may have.
const mostDecimals = 6

// minorUnits are the decimals of the currencies that do not have two, by ISO 4217. The
// table of golang.org/x/text has those that are in daily use, none for COP, IQD, PKR
// and 30 others, and would round away money that was charged.
var minorUnits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
	"UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// decimals are those of a currency.
func decimals(currency string) int {
	if scale, special := minorUnits[currency]; special {
		return scale
	}
	return 2
}

// round rounds half away from zero.
func round(r *big.Rat, scale int) *big.Rat {
	rounded, _ := new(big.Rat).SetString(r.FloatString(scale)) // Its own text can always be read.
	return rounded
}

// number writes with as many decimals as it takes, but no fewer than least.
func number(r *big.Rat, least int) json.Number {
	text := round(r, mostDecimals).FloatString(mostDecimals)
	for spare := mostDecimals - least; spare > 0 && strings.HasSuffix(text, "0"); spare-- {
		text = text[:len(text)-1]
	}
	return json.Number(strings.TrimSuffix(text, "."))
}

func add(first *big.Rat, others ...*big.Rat) *big.Rat {
	sum := new(big.Rat).Set(first)
	for _, other := range others {
		sum.Add(sum, other)
	}
	return sum
}

func sub(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }

// isDecimal says whether a text is digits, with a point and up to six more if at all,
// and nothing else that a big.Rat would read.
func isDecimal(text string, mostDigits int) bool {
	whole, fraction, point := strings.Cut(text, ".")
	return whole != "" && len(whole) <= mostDigits && isDigits(whole) &&
		(!point || fraction != "" && len(fraction) <= mostDecimals && isDigits(fraction))
}

func isDigits(text string) bool { return strings.Trim(text, "0123456789") == "" }
