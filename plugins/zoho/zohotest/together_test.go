package zohotest_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestTogether: of many creates with one number at once exactly one is taken, and a
// line is packed no more than once (sections 3.4 and 6).
func TestTogether(t *testing.T) {
	t.Parallel()
	const callers = 20
	b := setup(t, zohotest.WithoutLimits())
	order := b.place(t, "ACME-1", true)
	body := packing(order, "2")
	var all sync.WaitGroup
	for range callers {
		all.Go(func() { b.call(t, "POST", posting, b.order("ACME-2", "")) })
		all.Go(func() { b.call(t, "POST", "/packages?salesorder_id="+order.ID, body) })
	}
	all.Wait()
	refused := map[string]int{}
	for _, e := range b.Journal(zohotest.ByStatus(400)) {
		refused[fmt.Sprint(e.Endpoint, " ", e.Code)]++
	}
	if len(b.org.Orders()) != 2 || len(b.org.Packages()) != 1 || refused["/salesorders 36004"] != callers-1 ||
		refused["/packages 990014"] != callers-1 {
		t.Errorf("%d orders, %d packages, refused are %v", len(b.org.Orders()), len(b.org.Packages()), refused)
	}
	if got := b.Counters(b.org.ID()); got.Total != 2*callers+2 || got.MostInMinute != 2*callers+2 {
		t.Errorf("counters are %+v", got)
	}
}
