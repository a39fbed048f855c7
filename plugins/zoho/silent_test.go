package zoho

import (
	"net/http"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestSilentAnswers: a success that does not show the sales order, or not its total, is
// looked at, and nothing is corrected by what was there before.
func TestSilentAnswers(t *testing.T) {
	t.Parallel()
	silent := func(method, endpoint string) zohotest.Fault {
		return zohotest.Body(http.StatusOK, "application/json", `{"code":0,"message":"success"}`).AfterStore().
			On(method, endpoint).Times(9)
	}
	b := newBench(t)
	first := b.copyOrder(jo(), nil)
	want(t, first, isDelivered, "")
	b.stand.Script(silent("PUT", "/salesorders/{id}"))
	edited := jo()
	edited.LineItems[0].Quantity = "3"
	edited.Totals.SubTotal, edited.Totals.GrandTotal = usd("366"), usd("363")
	want(t, b.copyOrder(edited, first), isDelivered, "")
	if o := b.order(); o.Total != "363.00" || o.Adjustment != "0.00" {
		t.Errorf("total is %s, adjustment %s", o.Total, o.Adjustment)
	}
}

// TestTotalThatIsNotTold is read, so that it is corrected like any other.
func TestTotalThatIsNotTold(t *testing.T) {
	t.Parallel()
	b := newBench(t, zohotest.WithQuirks(zohotest.ItemTax))
	b.org.AddItem(zohotest.Item{SKU: "TAXED", Rate: "1", TaxID: b.org.Taxes()[0].ID})
	order := jo()
	order.LineItems[0].Sku = &[]string{"TAXED"}[0]
	b.stand.Script(zohotest.Body(http.StatusCreated, "application/json",
		`{"code":0,"message":"success","salesorder":{"salesorder_id":"4815162342000000018"}}`).AfterStore().
		On("POST", "/salesorders"))
	want(t, b.copyOrder(order, nil), isDelivered, "")
	if o := b.order(); o.ID != "4815162342000000018" || o.Total != "241.00" || o.Status != "confirmed" {
		t.Errorf("%s has the total %s and is %s", o.ID, o.Total, o.Status)
	}
}
