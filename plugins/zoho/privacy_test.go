package zoho

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestNobodyIsNamed: neither the customer of the order nor another one that Zoho speaks of
// is named in a result, in whatever form (promise P8).
func TestNobodyIsNamed(t *testing.T) {
	t.Parallel()
	order := jo()
	order.Customer.Name = proto.String("Ann")
	order.Customer.Email = proto.String("ann@example.com")
	order.BillTo.Name = proto.String("Ann Léger-Smith")
	order.ShipTo.Name = proto.String("Ann Léger-Smith")
	secrets := []string{"Léger", "Smith", "ger-smith", "stranger@example.com", "Stranger", "Apt 2"}
	for name, fault := range map[string]zohotest.Fault{
		"a name that begins with another": zohotest.Failure(http.StatusBadRequest, 4, "Invalid: ANN LÉGER-SMITH").
			On("POST", "/salesorders"),
		"a part of a name": zohotest.Failure(http.StatusBadRequest, 4, "Invalid last name Léger-Smith").
			On("POST", "/contacts"),
		"escaped": zohotest.Body(http.StatusBadGateway, "application/json", `no envelope: "Ann L\u00e9ger-Smith"`).
			On("POST", "/salesorders"),
		"others, in a list that broke off": zohotest.Garbled().On("GET", "/contacts"),
		"others, cut short":                zohotest.Truncated().On("GET", "/contacts"),
		"others, with an error of a gateway": zohotest.Body(http.StatusBadGateway, "application/json",
			`{"contacts":[{"contact_name":"Stranger"}]}`).On("GET", "/contacts"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, zohotest.WithQuirks(zohotest.EmailFilterIgnored))
			b.org.AddContact(person("Stranger", "stranger@example.com", "USD"))
			b.stand.Script(fault.Times(9))
			r := b.copyOrder(order, nil)
			if r.GetOutcome() == isDelivered {
				t.Fatal("it was delivered")
			}
			shown := strings.ToLower(r.GetHint() + r.GetRequestExcerpt() + r.GetResponseExcerpt())
			for _, secret := range secrets {
				if strings.Contains(shown, strings.ToLower(secret)) {
					t.Errorf("%s is shown: %s", secret, shown)
				}
			}
		})
	}
}
