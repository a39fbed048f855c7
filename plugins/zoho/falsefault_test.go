package zoho

import (
	"net/http"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestFaultAfterTheEffect: a fault that Zoho tells by a code may come after what was asked
// for was done, whatever the status: the order is looked for, and is ours.
func TestFaultAfterTheEffect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusRequestTimeout} {
		b := newBench(t)
		b.stand.Script(zohotest.Failure(status, 1000, "internal error").AfterStore().On("POST", "/salesorders"))
		r := b.copyOrder(jo(), nil)
		want(t, r, isRetry, "REMOTE_FAULT")
		want(t, b.copyOrder(jo(), r), isDelivered, "")
		if status := b.order().Status; status != "confirmed" {
			t.Errorf("status is %s", status)
		}
	}
}
