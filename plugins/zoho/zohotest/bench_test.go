package zohotest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// BenchmarkSearch looks one order up among 5,000, as a crash test does after each
// create whose fate is unknown.
func BenchmarkSearch(b *testing.B) {
	stand := zohotest.New(zohotest.WithoutLimits())
	org := stand.Org("")
	item := org.AddItem(zohotest.Item{SKU: "A", Rate: "1"})
	customer := org.AddContact(zohotest.Contact{Name: "C"})
	token := stand.IssueToken(zohotest.ClientID, zohotest.RefreshToken)
	ask := func(method, path, body string) int {
		r := httptest.NewRequestWithContext(b.Context(), method,
			zohotest.Root+path+"&organization_id="+org.ID(), strings.NewReader(body))
		r.Header.Set("Authorization", "Zoho-oauthtoken "+token)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		stand.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 5000 {
		if got := ask("POST", posting, fmt.Sprintf(
			`{"customer_id":%q,"salesorder_number":"N-%d","reference_number":"R-%d","line_items":[{"item_id":%q}]}`,
			customer.ID, i, i, item.ID)); got != 201 {
			b.Fatalf("create answers %d", got)
		}
	}
	b.ResetTimer()
	for b.Loop() {
		if got := ask("GET", "/salesorders?reference_number=R-77", ""); got != 200 {
			b.Fatalf("search answers %d", got)
		}
	}
}
