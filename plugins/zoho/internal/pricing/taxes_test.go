package pricing

import (
	"math/big"
	"strings"
	"testing"
)

func TestParseTaxes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		// want has the ids, or texts that are in the error.
		want   []string
		faulty bool
	}{
		{"none", " \n,\r\n ", nil, false},
		{"one", "8.25=4815000000012345", []string{"4815000000012345"}, false},
		{"lines and commas", "8.25 = 1,\r\n20=2\n0=3,", []string{"1", "2", "3"}, false},
		{"no id", "8.25", []string{"tax 1: must be a rate and an id"}, true},
		{"a percent sign", "8.25%=1", []string{"tax 1: the rate must be percent"}, true},
		{"more than all", "100.01=1", []string{"tax 1: the rate must be percent"}, true},
		{"a negative rate", "-1=1", []string{"tax 1: the rate must be percent"}, true},
		{"a power", "1e1=1", []string{"tax 1: the rate must be percent"}, true},
		{"an id of letters", "5=VAT", []string{"tax 1: the id must be the digits"}, true},
		{"two rates alike", "5=1\n5.0=2", []string{"tax 2: has the rate of another"}, true},
		{"two ids alike", "5=1\n6=1", []string{"tax 2: has the id of another"}, true},
		{"all faults", "x=y\n5=1\n6", []string{"tax 1: the rate", "the id must", "tax 3: must be"}, true},
		{"too many", strings.Repeat("5", 3) + strings.Repeat(",1=1", 300), []string{"more than 200 taxes"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			taxes, err := ParseTaxes(test.text)
			if (err != nil) != test.faulty {
				t.Fatalf("%v", err)
			}
			if !test.faulty && len(taxes.all) != len(test.want) {
				t.Fatalf("%d taxes", len(taxes.all))
			}
			for i, want := range test.want {
				if test.faulty && !strings.Contains(err.Error(), want) || !test.faulty && taxes.all[i].id != want {
					t.Errorf("want %q: %v, %v", want, taxes.all, err)
				}
			}
		})
	}
}

func TestTaxOfSmallAmounts(t *testing.T) {
	t.Parallel()
	taxes, err := ParseTaxes("8=8,10=10,0=7")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ item, tax, id string }{
		{"0.10", "0.01", "10"}, // 8 would round to it, 10 is it.
		{"0.05", "0.00", "7"},
		{"0.00", "0.00", ""},
		{"1.00", "0.09", ""},
		{"1.00", "0.08", "8"},
		{"-1.00", "-0.10", "10"},
	} {
		item, _ := new(big.Rat).SetString(test.item)
		tax, _ := new(big.Rat).SetString(test.tax)
		if id, ok := taxes.of(item, tax, 2); id != test.id || ok != (test.id != "") {
			t.Errorf("%s of %s is of %q", test.tax, test.item, id)
		}
	}
}

func FuzzParseTaxes(f *testing.F) {
	for _, text := range []string{"8.25=4815000000012345", "5=1,\n6=2", "=", "1/3=1", "0x1=1", "٣=1", "5=1\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		taxes, err := ParseTaxes(text)
		if err != nil {
			if len(taxes.all) > 0 {
				t.Error("taxes of a text that is refused")
			}
			return
		}
		pairs := 0
		for _, pair := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",\n", c) }) {
			if strings.TrimSpace(pair) != "" {
				pairs++
			}
		}
		if len(taxes.all) != pairs {
			t.Errorf("%d taxes of %d pairs", len(taxes.all), pairs)
		}
		seen := map[string]bool{}
		for _, tax := range taxes.all {
			if tax.percent.Sign() < 0 || tax.percent.Cmp(big.NewRat(100, 1)) > 0 || seen[tax.id] ||
				!isDigits(tax.id) || !strings.Contains(text, tax.id) {
				t.Errorf("%+v", tax)
			}
			seen[tax.id] = true
		}
	})
}
