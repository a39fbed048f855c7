package zohotest

import (
	"encoding/json"
	"math/big"
	"strings"
)

// mostDigits bounds a number in a request.
const mostDigits = 40

// Decimal is an exact number in decimal notation, for example "12.50". Amounts of
// money have as many decimals as their currency, quantities and rates no zeros at
// the end. The empty Decimal is 0.
type Decimal string

// rat is the number; what is no number is 0.
func (d Decimal) rat() *big.Rat {
	r, ok := parseDecimal(string(d))
	if !ok {
		return new(big.Rat)
	}
	return r
}

// json is the number as it stands in an answer.
func (d Decimal) json() json.Number {
	if d == "" {
		return "0"
	}
	return json.Number(trimZeros(string(d)))
}

// parseDecimal reads digits with a point and a sign. Exponents are refused: nobody
// writes money so, and a short one can stand for a number that fills the memory.
func parseDecimal(text string) (*big.Rat, bool) {
	if text == "" || len(text) > mostDigits || strings.ContainsAny(text, "eEpPxXoObB_/") {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// fixed rounds half up, away from zero, to so many decimals.
func fixed(r *big.Rat, decimals int) Decimal { return Decimal(r.FloatString(decimals)) }

// round is fixed as a number to go on with.
func round(r *big.Rat, decimals int) *big.Rat { return fixed(r, decimals).rat() }

// plain is a number without zeros at the end, at most nine decimals.
func plain(r *big.Rat) Decimal { return Decimal(trimZeros(r.FloatString(9))) }

func trimZeros(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" || text == "" {
		return "0"
	}
	return text
}

func sum(of ...*big.Rat) *big.Rat {
	total := new(big.Rat)
	for _, r := range of {
		total.Add(total, r)
	}
	return total
}

func times(a, b *big.Rat) *big.Rat { return new(big.Rat).Mul(a, b) }

func less(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }

// percent is so many hundredths of an amount.
func percent(of, hundredths *big.Rat) *big.Rat {
	return times(of, times(hundredths, big.NewRat(1, 100)))
}
