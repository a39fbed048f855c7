package zoho

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// golden is a request written by hand from the Zoho Inventory reference.
type golden struct {
	line string
	body any
}

// readGolden reads a file of testdata/requests: blocks of a name, the request line and
// the body.
func readGolden(t *testing.T, file string) map[string]golden {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "requests", file))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(raw), "\n=== ")
	if !strings.Contains(strings.ReplaceAll(head, "\n# ", " "), "Zoho Inventory reference") {
		t.Fatalf("%s does not say what it follows", file)
	}
	all := map[string]golden{}
	for block := range strings.SplitSeq(rest, "\n=== ") {
		lines := strings.SplitN(strings.TrimSpace(block), "\n", 3)
		g := golden{line: lines[1]}
		if len(lines) == 3 {
			g.body = decoded(t, []byte(lines[2]))
		}
		all[lines[0]] = g
	}
	return all
}

// someID is an id of the stand-in.
var someID = regexp.MustCompile(`48151623\d{11}`)

// decoded is a body with its numbers as they are written, and any id as {id}.
func decoded(t *testing.T, raw []byte) any {
	t.Helper()
	var body any
	d := json.NewDecoder(strings.NewReader(someID.ReplaceAllString(string(raw), "{id}")))
	d.UseNumber()
	if err := d.Decode(&body); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return body
}

// compareGolden compares the writes since the journal was forgotten with requests by
// name, in order, and forgets both.
func (b *bench) compareGolden(wanted map[string]golden, names ...string) {
	b.t.Helper()
	writes := b.stand.Journal(zohotest.Writes())
	if len(writes) != len(names) {
		b.t.Fatalf("%d writes, want %q", len(writes), names)
	}
	for i, e := range writes {
		want, ok := wanted[names[i]]
		if !ok {
			b.t.Fatalf("no golden request %q", names[i])
		}
		got := golden{line: e.Method + " " + strings.TrimPrefix(e.Path, zohotest.Root) + "?" + e.Query.Encode()}
		got.line = someID.ReplaceAllString(got.line, "{id}")
		if len(e.Raw) > 0 {
			got.body = decoded(b.t, e.Raw)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(golden{})); diff != "" {
			b.t.Errorf("%s (-golden +sent):\n%s", names[i], diff)
		}
		if auth := e.Header.Get("Authorization"); !strings.HasPrefix(auth, "Zoho-oauthtoken ") {
			b.t.Errorf("%s: the scheme of the token is another one", names[i])
		}
		delete(wanted, names[i])
	}
	b.stand.ForgetJournal()
}

// TestGoldenOrders compares what the stand-in receives with requests written by hand.
func TestGoldenOrders(t *testing.T) {
	t.Parallel()
	wanted := readGolden(t, "orders.txt")
	b := newBench(t)
	first := b.copyOrder(jo(), nil)
	want(t, first, isDelivered, "")
	b.compareGolden(wanted, "a customer that Zoho does not have", "the order of section 3.2", "it is confirmed")

	edited := jo()
	edited.LineItems[0].Quantity = "1"
	edited.Totals = &commercev1.OrderTotals{Shipping: usd("7.00")}
	want(t, b.copyOrder(edited, first), isDelivered, "")
	b.compareGolden(wanted, "an edit keeps the line and takes the discount away")

	b.set("tax_ids", string(b.org.Taxes()[0].Percentage)+"="+b.org.Taxes()[0].ID)
	b.set("order_number_prefix", "ACME-")
	b.set("custom_fields", "order_source=cf_source, order_number=cf_order_id")
	b.set("sku_mapping", "OTHER=MS-02")
	b.set("confirm_orders", "false")
	want(t, b.copyOrder(full(), nil), isDelivered, "")
	b.compareGolden(wanted, "another address of the customer",
		"discounts of lines, a tax that is mapped, one that is not, and custom fields")

	b.set("order_number_prefix", "")
	cancelled := jo()
	cancelled.Status = commercev1.OrderStatus_ORDER_STATUS_CANCELLED
	want(t, b.copyOrder(cancelled, first), isDelivered, "VOIDED")
	b.compareGolden(wanted, "a cancelled order")
	for name := range wanted {
		t.Errorf("golden request %q was not made", name)
	}
}

// full is an order with most of what one can have.
func full() *commercev1.Order {
	o := jo()
	o.OrderId, o.RequestedShipDate, o.ShippingMethod, o.Notes = "100236", proto.String("2026-11-24"), nil, nil
	o.ShipTo.Lines = []string{"2 Side St"}
	o.LineItems[0].UnitPrice, o.LineItems[0].Discount, o.LineItems[0].Tax = usd("100.00"), usd("20.00"), usd("14.85")
	o.LineItems = append(o.LineItems, &commercev1.LineItem{
		LineId: proto.String("2"), Sku: proto.String("OTHER"), Quantity: "1", UnitPrice: usd("9.90"), Tax: usd("1.23"),
	})
	o.Totals = &commercev1.OrderTotals{Discount: usd("5.00")}
	return o
}

// TestPreviewShowsWhatIsSent: but for what Zoho is asked for, a preview is the request.
func TestPreviewShowsWhatIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	shown, err := b.PreviewOrder(b.settings, b.secrets, b.orderDelivery(jo(), nil))
	if err != nil || len(shown.GetRequests()) != 1 {
		t.Fatalf("got %v, %v", shown, err)
	}
	want(t, b.copyOrder(jo(), nil), isDelivered, "")
	sent := b.stand.Journal(zohotest.ByMethod("POST"), zohotest.ByEndpoint("/salesorders"))[0]
	request := shown.GetRequests()[0]
	if !strings.HasSuffix(request.GetUrl(), sent.Path+"?"+sent.Query.Encode()) || request.GetMethod() != sent.Method {
		t.Errorf("shown is %s %s", request.GetMethod(), request.GetUrl())
	}
	var a, c map[string]any
	if json.Unmarshal([]byte(request.GetBody()), &a) != nil || json.Unmarshal(sent.Raw, &c) != nil {
		t.Fatalf("shown is %s", request.GetBody())
	}
	for _, looked := range []string{"customer_id", "line_items", "billing_address", "shipping_address"} {
		delete(a, looked)
		delete(c, looked)
	}
	if diff := cmp.Diff(c, a); diff != "" {
		t.Errorf("(-sent +shown):\n%s", diff)
	}
}
