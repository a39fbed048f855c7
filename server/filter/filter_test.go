package filter_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/filter"
)

func amazonOrder() *commercev1.Order {
	return &commercev1.Order{
		OrderId: "A-1", OrderSource: proto.String("amazon"), Status: commercev1.OrderStatus_ORDER_STATUS_SHIPPED,
		ExtraFields: map[string]string{"channel": "FBM"},
		Totals:      &commercev1.OrderTotals{GrandTotal: &commercev1.Money{CurrencyCode: "USD", Amount: "120.50"}},
		LineItems:   []*commercev1.LineItem{{Sku: proto.String("AB-1")}, {Sku: proto.String("CD-2")}},
	}
}

func TestEval(t *testing.T) {
	t.Parallel()
	shipment := &commercev1.Shipment{Parcels: []*commercev1.Parcel{{Carrier: proto.String("UPS")}}}
	for expression, want := range map[string]bool{
		`order.order_source == "amazon"`:                            true,
		`order.order_source != "amazon"`:                            false,
		`has(order.ship_to)`:                                        false,
		`order.status == OrderStatus.ORDER_STATUS_SHIPPED`:          true,
		`"asin" in order.extra_fields`:                              false,
		`order.extra_fields["channel"] == "FBM"`:                    true,
		`double(order.totals.grand_total.amount) > 100.0`:           true,
		`order.line_items.exists(l, l.sku.startsWith("CD"))`:        true,
		`shipment.parcels.all(p, p.carrier == "UPS")`:               true,
		`order.ship_to.country_code in ["", "DE"]`:                  true,
		`order.order_id.matches("^A-[0-9]+$") && !has(order.notes)`: true,
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Compile(expression)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := f.Eval(amazonOrder(), shipment); err != nil || got != want {
				t.Errorf("Eval = %t, %v; want %t", got, err, want)
			}
		})
	}
}

func TestMissingRecordsAreEmpty(t *testing.T) {
	t.Parallel()
	f, err := filter.Compile(`order.order_source == "" && size(shipment.parcels) == 0`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.Eval(nil, nil); err != nil || !got {
		t.Errorf("Eval = %t, %v; want true", got, err)
	}
}

func TestCompileSaysWhereAndWhatToWrite(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string][]string{
		`order.order_source = "amazon"`:       {"line 1, column 20", "Syntax error", "write"},
		`source == "amazon"`:                  {"line 1, column 1", "undeclared reference", `write "order" or "shipment"`},
		`order.source == "amazon"`:            {"line 1, column 6", `no field "source"`, "order_source"},
		"true &&\n order.order_id == 5":       {"line 2, column 17", "no matching overload", "same type"},
		`order.order_source`:                  {"string", "true or false"},
		`   `:                                 {"blank"},
		strings.Repeat("true || ", 600) + "1": {"longer than"},
		`order.order_id.matches("(")`:         {"line 1"},
		strings.Repeat("(", 200) + "true" + strings.Repeat(")", 200): {""},
	} {
		t.Run(expression[:min(len(expression), 30)], func(t *testing.T) {
			t.Parallel()
			_, err := filter.Compile(expression)
			var fault *filter.Error
			if !errors.As(err, &fault) {
				t.Fatalf("error = %v, want a *filter.Error", err)
			}
			for _, part := range want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error = %q, want %q in it", err, part)
				}
			}
		})
	}
}

const nested = `order.line_items.all(a, order.line_items.all(b, order.line_items.all(c, a == b || b == c || true)))`

func TestEvalErrorsSayWhatToDoAndShowNoValue(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		`order.extra_fields["asin"] == "x"`:      "guard it",
		`order.line_items[7].sku == "x"`:         "exists",
		`int(order.extra_fields["channel"]) > 1`: "guard it",
		nested:                                   "too long",
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Compile(expression)
			if err != nil {
				t.Fatal(err)
			}
			order := amazonOrder()
			if want == "too long" {
				order.LineItems = make([]*commercev1.LineItem, 1000)
				for i := range order.LineItems {
					order.LineItems[i] = &commercev1.LineItem{}
				}
			}
			_, err = f.Eval(order, nil)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("error = %v, want %q in it", err, want)
			}
			if strings.Contains(err.Error(), "FBM") {
				t.Errorf("error shows a value of the record: %v", err)
			}
		})
	}
}

func TestFilterIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	f, err := filter.Compile(`order.order_source == "amazon"`)
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 100 {
				if got, err := f.Eval(amazonOrder(), nil); err != nil || !got {
					t.Errorf("Eval = %t, %v", got, err)
				}
			}
		})
	}
	running.Wait()
}

// Filters come from callers: no text may crash the compiler.
func FuzzCompile(f *testing.F) {
	f.Add(`order.order_source == "amazon"`)
	f.Add(`order.line_items.exists(l, l.sku.startsWith("CD"))`)
	f.Fuzz(func(t *testing.T, expression string) {
		compiled, err := filter.Compile(expression)
		if err != nil {
			return
		}
		_, _ = compiled.Eval(amazonOrder(), nil)
	})
}

func BenchmarkEval(b *testing.B) {
	f, err := filter.Compile(`order.order_source == "amazon" && order.ship_to.country_code != "DE"`)
	if err != nil {
		b.Fatal(err)
	}
	order := amazonOrder()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Eval(order, nil); err != nil {
			b.Fatal(err)
		}
	}
}
