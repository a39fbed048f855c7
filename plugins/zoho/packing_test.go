package zoho

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

func quantities(texts ...string) []*big.Rat {
	all := make([]*big.Rat, len(texts))
	for i, text := range texts {
		all[i] = quantityOf(text)
	}
	return all
}

func decimals(of []*big.Rat) []string {
	all := make([]string, len(of))
	for i := range of {
		all[i] = decimal(of[i])
	}
	return all
}

func TestTakeAll(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		left, taken []string
		toCome      int
	}{
		{"alone", []string{"2", "1"}, []string{"2", "1"}, 0},
		{"one to come", []string{"2", "1"}, []string{"2", "0"}, 1},
		{"two to come", []string{"2", "1"}, []string{"1", "0"}, 2},
		{"more to come than there are pieces", []string{"2", "1"}, []string{"1", "0"}, 9},
		{"the last piece", []string{"0", "1"}, []string{"0", "1"}, 3},
		{"part of a piece is left as one", []string{"1", "2.5"}, []string{"1", "2"}, 1},
		{"then whole ones", []string{"1", "2.5"}, []string{"1", "1"}, 2},
		{"a part alone", []string{"0.25"}, []string{"0.25"}, 1},
		{"nothing", []string{"0", "0"}, []string{"0", "0"}, 2},
		{"no lines", nil, []string{}, 2},
		{"a great many", []string{"999999999999", "0.000001"}, []string{"999999999998", "0"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := decimals(takeAll(quantities(test.left...), test.toCome)); !slices.Equal(got, test.taken) {
				t.Errorf("takes %q, want %q", got, test.taken)
			}
		})
	}
}

func TestTake(t *testing.T) {
	t.Parallel()
	taken, short := take(quantities("1", "0.3", "5"), []need{
		{"A", []int{0, 1}, quantityOf("1.2")},
		{"B", []int{2}, quantityOf("6")},
		{"C", []int{1}, quantityOf("0.2")},
	})
	if got := decimals(taken); !slices.Equal(got, []string{"1", "0.3", "5"}) {
		t.Errorf("takes %q", got)
	}
	if !slices.Equal(short, []string{"B (6 packed, 5 left)", "C (0.2 packed, 0.1 left)"}) {
		t.Errorf("short are %q", short)
	}
}

func TestRemains(t *testing.T) {
	t.Parallel()
	lines := []inventory.OrderLine{
		{ID: "1", Quantity: "3", Packed: "1.5"}, {ID: "2", Quantity: "1", Packed: "2"}, {ID: "3", Quantity: "4", Packed: "4"},
		{ID: "4", Quantity: "2"},
	}
	given := sums([]inventory.PackageLine{{OrderLineID: "3", Quantity: "1"}, {OrderLineID: "3", Quantity: "0.5"}})
	if got := decimals(remains(lines, given)); !slices.Equal(got, []string{"1.5", "0", "1.5", "2"}) {
		t.Errorf("remain %q", got)
	}
}

func TestQuantityOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2": "2", "0.30": "0.3", "007": "7", "1e3": "1000", "1.5E-2": "0.015", "-2": "-2", "": "0",
		"1e999999999": "0", "1e-999999999": "0", "1/3": "0", "0x10": "0", "1_000": "0", "many": "0", "e": "0", "1e": "0",
		strings.Repeat("9", 41): "0",
	} {
		if got := decimal(quantityOf(text)); got != want {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}

// drawQuantity is a quantity as the contract has it: up to six decimals.
func drawQuantity(t *rapid.T, label string) *big.Rat {
	return big.NewRat(rapid.Int64Range(0, 5_000_000).Draw(t, label), rapid.SampledFrom([]int64{1, 10, 1000, 1_000_000}).
		Draw(t, label+" of"))
}

// TestPackingIsExact: what a parcel takes is never more than is left of any line, is to
// the last decimal what was asked for, and can be read back from what is sent.
func TestPackingIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 6).Draw(t, "lines")
		lines := make([]inventory.OrderLine, count)
		for i := range lines {
			lines[i] = inventory.OrderLine{
				ID: inventory.Text(rune('a' + i)), Quantity: inventory.Text(decimal(drawQuantity(t, "ordered"))),
				Packed: inventory.Text(decimal(drawQuantity(t, "packed"))),
			}
		}
		left := remains(lines, nil)
		before := decimals(left)
		var needs []need
		asked := new(big.Rat)
		for range rapid.IntRange(0, 4).Draw(t, "contents") {
			from := rapid.SliceOfNDistinct(rapid.IntRange(0, count-1), 1, count, rapid.ID[int]).Draw(t, "of")
			slices.Sort(from)
			needs = append(needs, need{"sku", from, drawQuantity(t, "asked")})
			asked.Add(asked, needs[len(needs)-1].quantity)
		}
		taken, short := take(left, needs)
		if sum := add(taken); len(short) == 0 && sum.Cmp(asked) != 0 {
			t.Fatalf("asked %s, took %s", decimal(asked), decimal(sum))
		}
		all := takeAll(left, rapid.IntRange(0, 9).Draw(t, "to come"))
		if add(all).Sign() == 0 && add(left).Sign() > 0 {
			t.Fatal("a parcel gets nothing although something is left")
		}
		for i := range left {
			if taken[i].Cmp(left[i]) > 0 || all[i].Cmp(left[i]) > 0 || taken[i].Sign() < 0 || all[i].Sign() < 0 {
				t.Fatalf("line %d has %s left, taken are %s and %s", i, left[i], taken[i], all[i])
			}
		}
		if !slices.Equal(before, decimals(left)) {
			t.Fatal("what is left was changed")
		}
		for _, line := range packed(lines, taken) {
			if got := quantityOf(string(line.Quantity)); got.Cmp(taken[line.OrderLineID[0]-'a']) != 0 || got.Sign() <= 0 {
				t.Fatalf("sent are %s of %s", line.Quantity, taken[line.OrderLineID[0]-'a'])
			}
		}
	})
}

func add(of []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	for _, one := range of {
		sum.Add(sum, one)
	}
	return sum
}

// TestEveryParcelGetsAPiece: parcels whose contents are not known share an order so that
// none of them is without contents while there are pieces enough, and none is left over.
func TestEveryParcelGetsAPiece(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		left := make([]*big.Rat, rapid.IntRange(1, 4).Draw(t, "lines"))
		units := new(big.Int)
		for i := range left {
			left[i] = big.NewRat(rapid.Int64Range(0, 12).Draw(t, "quarters"), 4)
			units.Add(units, pieces(left[i]))
		}
		parcels := rapid.IntRange(1, 8).Draw(t, "parcels")
		empty := 0
		for i := range parcels {
			taken := takeAll(left, parcels-1-i)
			if add(taken).Sign() == 0 {
				empty++
			}
			for line := range left {
				left[line].Sub(left[line], taken[line])
			}
		}
		if wanted := max(parcels-int(units.Int64()), 0); empty != wanted {
			t.Fatalf("%d of %d parcels got nothing of %s pieces, want %d", empty, parcels, units, wanted)
		}
		if rest := add(left); rest.Sign() != 0 {
			t.Fatalf("%s is not packed in the end", rest)
		}
	})
}
