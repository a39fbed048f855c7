package zoho

import (
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// need is a quantity that a parcel has, and the lines of the sales order that it may
// come from.
type need struct {
	name     string
	lines    []int
	quantity *big.Rat
}

// remains are the quantities of lines that no package has. Given are what is to be
// unpacked, by line id.
func remains(lines []inventory.OrderLine, given map[string]*big.Rat) []*big.Rat {
	left := make([]*big.Rat, len(lines))
	for i, line := range lines {
		left[i] = new(big.Rat).Sub(quantityOf(string(line.Quantity)), quantityOf(string(line.Packed)))
		if back := given[string(line.ID)]; back != nil {
			left[i].Add(left[i], back)
		}
		if left[i].Sign() < 0 {
			left[i].SetInt64(0)
		}
	}
	return left
}

// take is what of each line makes up the wants, and which of them want more than is
// left. Several lines of one item give in their order.
func take(left []*big.Rat, wants []need) (taken []*big.Rat, short []string) {
	left, taken = copied(left), nothing(len(left))
	for _, w := range wants {
		open, there := new(big.Rat).Set(w.quantity), new(big.Rat)
		for _, i := range w.lines {
			there.Add(there, left[i])
			part := lesser(open, left[i])
			taken[i].Add(taken[i], part)
			left[i].Sub(left[i], part)
			open.Sub(open, part)
		}
		if open.Sign() > 0 {
			short = append(short, fmt.Sprintf("%s (%s packed, %s left)", w.name, decimal(w.quantity), decimal(there)))
		}
	}
	return taken, short
}

// takeAll is everything that is left but one piece for each parcel that is still to
// come, from the last line on: a shipment without contents is none. This parcel gets
// a piece at least. What is left of a piece, as 0.5 of a quantity, counts as one.
func takeAll(left []*big.Rat, toCome int) []*big.Rat {
	taken := copied(left)
	total := new(big.Int)
	for _, quantity := range left {
		total.Add(total, pieces(quantity))
	}
	reserve := big.NewInt(int64(toCome))
	if most := total.Sub(total, big.NewInt(1)); reserve.Cmp(most) > 0 {
		reserve = most
	}
	for i := len(taken) - 1; i >= 0 && reserve.Sign() > 0; i-- {
		has := pieces(taken[i])
		if has.Cmp(reserve) <= 0 {
			taken[i].SetInt64(0)
			reserve.Sub(reserve, has)
			continue
		}
		// Whole pieces stay, so that the part of one goes first.
		taken[i].SetInt(has.Sub(has, reserve))
		break
	}
	return taken
}

// pieces is a quantity rounded up.
func pieces(quantity *big.Rat) *big.Int {
	whole, rest := new(big.Int).QuoRem(quantity.Num(), quantity.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole
}

// sums are the quantities of a package by line of the sales order.
func sums(lines []inventory.PackageLine) map[string]*big.Rat {
	of := map[string]*big.Rat{}
	for _, line := range lines {
		id := string(line.OrderLineID)
		if of[id] == nil {
			of[id] = new(big.Rat)
		}
		of[id].Add(of[id], quantityOf(string(line.Quantity)))
	}
	return of
}

// packed are the lines of a package.
func packed(lines []inventory.OrderLine, taken []*big.Rat) []inventory.PackageLineBody {
	var body []inventory.PackageLineBody
	for i, quantity := range taken {
		if quantity.Sign() > 0 {
			body = append(body, inventory.PackageLineBody{
				OrderLineID: string(lines[i].ID), Quantity: json.Number(decimal(quantity)),
			})
		}
	}
	return body
}

func lesser(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) > 0 {
		a = b
	}
	return new(big.Rat).Set(a)
}

func copied(of []*big.Rat) []*big.Rat {
	all := make([]*big.Rat, len(of))
	for i := range of {
		all[i] = new(big.Rat).Set(of[i])
	}
	return all
}

func nothing(lines int) []*big.Rat {
	all := make([]*big.Rat, lines)
	for i := range all {
		all[i] = new(big.Rat)
	}
	return all
}
