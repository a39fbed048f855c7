package pricing

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

const (
	// mostTaxes is how many taxes can be mapped.
	mostTaxes = 200
	// mostTaxDigits is the most digits of an id.
	mostTaxDigits = 32
)

// Taxes say which tax of Zoho has which rate. The zero value has none. It is
// immutable.
type Taxes struct{ all []tax }

type tax struct {
	percent *big.Rat
	id      string
}

// ParseTaxes reads pairs of a rate in percent and the id of the tax in Zoho that has
// it, such as "8.25=4815000000012345", one a line or separated by commas. An error
// names all that is wrong, by the number of the pair and without quoting it.
func ParseTaxes(text string) (Taxes, error) {
	var (
		taxes  Taxes
		faults []error
		pairs  int
	)
	rates, ids := map[string]bool{}, map[string]bool{}
	for pair := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == '\n' || c == ',' }) {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		if pairs++; pairs > mostTaxes {
			faults = append(faults, fmt.Errorf("more than %d taxes", mostTaxes))
			break
		}
		t, err := parseTax(pair)
		switch {
		case err != nil:
		case rates[t.percent.RatString()]:
			err = errors.New("has the rate of another one: keep one tax for each rate")
		case ids[t.id]:
			err = errors.New("has the id of another one: a tax has one rate")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("tax %d: %w", pairs, err))
			continue
		}
		rates[t.percent.RatString()], ids[t.id] = true, true
		taxes.all = append(taxes.all, t)
	}
	if len(faults) > 0 {
		return Taxes{}, errors.Join(faults...)
	}
	return taxes, nil
}

func parseTax(pair string) (tax, error) {
	rate, id, found := strings.Cut(pair, "=")
	if !found {
		return tax{}, errors.New(`must be a rate and an id, such as "8.25=4815000000012345"`)
	}
	rate, id = strings.TrimSpace(rate), strings.TrimSpace(id)
	var faults []error
	percent := new(big.Rat)
	if isDecimal(rate, 3) {
		percent, _ = new(big.Rat).SetString(rate) // A decimal number can always be read.
	}
	if !isDecimal(rate, 3) || percent.Cmp(big.NewRat(100, 1)) > 0 {
		faults = append(faults, errors.New(`the rate must be percent from 0 to 100, such as "8.25"`))
	}
	if id == "" || len(id) > mostTaxDigits || !isDigits(id) {
		faults = append(faults, errors.New("the id must be the digits that Zoho shows for the tax"))
	}
	return tax{percent, id}, errors.Join(faults...)
}

// Have says that a tax of Zoho is one of these.
func (t Taxes) Have(id string) bool {
	return slices.ContainsFunc(t.all, func(one tax) bool { return one.id == id })
}

// of returns the tax that makes this amount of a line. Where small amounts leave
// several, it is the one that comes nearest before rounding.
func (t Taxes) of(item, amount *big.Rat, scale int) (id string, ok bool) {
	if item.Sign() == 0 {
		return "", false // Any would do, which says nothing.
	}
	var nearest *big.Rat
	for _, candidate := range t.all {
		exact := new(big.Rat).Mul(item, candidate.percent)
		exact.Quo(exact, big.NewRat(100, 1))
		if round(exact, scale).Cmp(amount) != 0 {
			continue
		}
		off := sub(exact, amount)
		off.Abs(off)
		if nearest == nil || off.Cmp(nearest) < 0 {
			id, ok, nearest = candidate.id, true, off
		}
	}
	return id, ok
}
