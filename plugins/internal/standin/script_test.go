package standin_test

import (
	"slices"
	"testing"

	"github.com/spurline/spurline/plugins/internal/standin"
)

type fault = standin.Fault[*testing.T]

// numbered is a fault that the test knows again by its code.
func numbered(code int) fault { return standin.New(500, code, func(standin.Call[*testing.T]) {}) }

func TestScriptNext(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		faults []fault
		// want has the code of each of four calls of POST /orders, 0 for no fault.
		want []int
	}{
		"none":             {nil, []int{0, 0, 0, 0}},
		"once":             {[]fault{numbered(1)}, []int{1, 0, 0, 0}},
		"in order":         {[]fault{numbered(1).Times(2), numbered(2)}, []int{1, 1, 2, 0}},
		"later":            {[]fault{numbered(1).After(2)}, []int{0, 0, 1, 0}},
		"next while later": {[]fault{numbered(1).After(1), numbered(2).Times(2)}, []int{2, 1, 2, 0}},
		"of this call":     {[]fault{numbered(1).On("POST", "/orders")}, []int{1, 0, 0, 0}},
		"of any method":    {[]fault{numbered(1).On("", "/orders")}, []int{1, 0, 0, 0}},
		"of another":       {[]fault{numbered(1).On("GET", ""), numbered(2).On("POST", "/items")}, []int{0, 0, 0, 0}},
		"never":            {[]fault{numbered(1).Times(0)}, []int{0, 0, 0, 0}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script standin.Script[*testing.T]
			script.Add(test.faults...)
			if got := codes(&script); !slices.Equal(got, test.want) {
				t.Errorf("codes are %v, want %v", got, test.want)
			}
		})
	}
}

// codes are those of the faults of four calls.
func codes(script *standin.Script[*testing.T]) []int {
	var all []int
	for range 4 {
		code := 0
		if next := script.Next("POST", "/orders"); next != nil {
			_, code = next.Told()
		}
		all = append(all, code)
	}
	return all
}

func TestScriptChoose(t *testing.T) {
	t.Parallel()
	calls := 0
	script := standin.Script[*testing.T]{Choose: func(string, string) (fault, bool) {
		calls++
		return numbered(9), calls%2 == 0
	}}
	script.Add(numbered(1), numbered(2))
	if got, want := codes(&script), []int{1, 9, 2, 9}; !slices.Equal(got, want) {
		t.Errorf("codes are %v, want %v", got, want)
	}
}

func TestScriptForget(t *testing.T) {
	t.Parallel()
	var script standin.Script[*testing.T]
	script.Add(numbered(1).Times(3))
	script.Forget()
	if got := codes(&script); !slices.Equal(got, []int{0, 0, 0, 0}) {
		t.Errorf("codes are %v after all was forgotten", got)
	}
}
