package pricing

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"
)

// part is one of what an adjustment is made of.
type part struct {
	name   string
	amount *big.Rat
}

// difference is the part that nothing in the order explains.
const difference = "difference"

func sumOf(parts []part) *big.Rat {
	sum := new(big.Rat)
	for _, p := range parts {
		sum.Add(sum, p.amount)
	}
	return sum
}

// adjust sets the adjustment and describes it by the parts.
func (f *Figures) adjust(amount *big.Rat, scale int) {
	f.Adjustment, f.AdjustmentDescription = "", ""
	if amount.Sign() == 0 {
		return
	}
	f.Adjustment = number(amount, scale)
	var named []string
	for _, p := range f.parts {
		if p.amount.Sign() != 0 {
			named = append(named, p.name+" "+number(p.amount, scale).String())
		}
	}
	text := strings.Join(named, ", ")
	f.AdjustmentDescription = strings.ToUpper(text[:1]) + text[1:]
}

// Correct returns the figures with the adjustment changed by what Zoho's total differs
// from ours, and whether there was a difference. What the receiver has is not changed.
// Zoho's total counts to the sixth decimal, as it may be a binary fraction. One that is
// missing or no number says nothing, and neither does any if the order is not priced:
// then the figures stay as they are.
func (f Figures) Correct(total json.Number) (Figures, bool) {
	theirs, ok := foreign(total)
	ours, known := foreign(f.Total)
	if !ok || !known || !f.Priced || ours.Cmp(theirs) == 0 {
		return f, false
	}
	by := sub(ours, theirs)
	before, _ := foreign(f.Adjustment) // Zero if it is empty.
	f.parts = slices.Clone(f.parts)
	if len(f.parts) == 0 {
		f.parts = []part{{difference, before}} // Figures that are not from Of.
	}
	last := &f.parts[len(f.parts)-1] // The difference is always there, and last.
	last.amount = add(last.amount, by)
	f.adjust(add(before, by), decimals(f.Currency))
	return f, true
}

const (
	// longestNumber is the most characters of a number that is read.
	longestNumber = 64
	// longestExponent bounds the digits of what is read.
	longestExponent = 2
)

// foreign reads a number of JSON to the sixth decimal. It is zero if it is none.
func foreign(n json.Number) (*big.Rat, bool) {
	text := n.String()
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if len(text) > longestNumber || len(strings.TrimLeft(exponent, "+-")) > longestExponent || !json.Valid([]byte(text)) ||
		strings.Trim(text, "0123456789.eE+-") != "" {
		return new(big.Rat), false
	}
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat), false
	}
	return round(value, mostDecimals), true
}
