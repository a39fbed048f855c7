package zoho

import (
	"math/big"
	"strconv"
	"strings"
)

// Bounds of a number that is read: more digits are no amount or quantity, and a short
// exponent can stand for a number that fills the memory.
const (
	mostDigits   = 40
	mostExponent = 30
)

// readDecimal reads a decimal number exactly; nil if it is none.
func readDecimal(text string) *big.Rat {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if len(mantissa) > mostDigits || strings.Trim(mantissa, "+-0123456789.") != "" {
		return nil
	}
	if e, err := strconv.Atoi(exponent); exponent != "" && (err != nil || e < -mostExponent || e > mostExponent) {
		return nil
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return number
}

// quantityOf reads a quantity; what is none is 0.
func quantityOf(text string) *big.Rat {
	if quantity := readDecimal(text); quantity != nil {
		return quantity
	}
	return new(big.Rat)
}

// sameAmount says that two decimal numbers are equal; an empty one is 0.
func sameAmount(a, b string) bool {
	x, y := amountOf(a), amountOf(b)
	return x != nil && y != nil && x.Cmp(y) == 0
}

func amountOf(text string) *big.Rat {
	if text == "" {
		return new(big.Rat)
	}
	return readDecimal(text)
}

// decimal writes a quantity exactly.
func decimal(quantity *big.Rat) string {
	digits, _ := quantity.FloatPrec() // What was read as a decimal number has an end.
	return quantity.FloatString(digits)
}
