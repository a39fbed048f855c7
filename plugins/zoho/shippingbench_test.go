package zoho

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Tracking numbers of the tests.
const (
	oneZ   = "1Z999AA10123456784"
	twoZ   = "1Z999AA10123456785"
	threeZ = "1Z999AA10123456786"
)

// orderOf is jo's order with other lines, as SKU and quantity in turn.
func orderOf(lines ...string) *commercev1.Order {
	o := jo()
	o.Totals, o.LineItems = nil, nil
	for i := 0; i < len(lines); i += 2 {
		o.LineItems = append(o.LineItems, &commercev1.LineItem{
			LineId: proto.String(fmt.Sprint(i/2 + 1)), Sku: proto.String(lines[i]), Quantity: lines[i+1],
			UnitPrice: usd("10.00"),
		})
	}
	return o
}

// item is a quantity of a SKU in a parcel.
func item(sku, quantity string) *commercev1.ParcelItem {
	return &commercev1.ParcelItem{Sku: proto.String(sku), Quantity: quantity}
}

// among is a record among the others of its order.
func among(record *pluginv1.TrackingRecord, siblings ...string) *pluginv1.TrackingRecord {
	record.SiblingTrackingNumbers, record.ParcelCount = siblings, uint32(len(siblings)+1)
	return record
}

// amongVoided is a record among others that exist no more.
func amongVoided(record *pluginv1.TrackingRecord, siblings ...string) *pluginv1.TrackingRecord {
	record = among(record, siblings...)
	record.VoidedSiblingTrackingNumbers = siblings
	return record
}

// changed is a later revision of a record.
func changed(record *pluginv1.TrackingRecord, change func(*pluginv1.TrackingRecord)) *pluginv1.TrackingRecord {
	record = proto.CloneOf(record)
	change(record)
	return record
}

func voided(record *pluginv1.TrackingRecord) *pluginv1.TrackingRecord {
	return changed(record, func(r *pluginv1.TrackingRecord) {
		r.Parcel.Status = commercev1.ParcelStatus_PARCEL_STATUS_VOIDED
	})
}

// place copies an order, so that its parcels have a sales order.
func (b *bench) place(order *commercev1.Order) *commercev1.Order {
	b.t.Helper()
	want(b.t, b.copyOrder(order, nil), isDelivered, "")
	return order
}

// byHand does something at Zoho as a person would, and returns the record.
func byHand(t interface {
	Helper()
	Fatalf(string, ...any)
}, stand *zohotest.Server, org zohotest.Org, method, path, body string,
) map[string]any {
	t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	path = zohotest.Root + path + separator + "organization_id=" + org.ID()
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Zoho-oauthtoken "+stand.IssueToken(zohotest.ClientID, zohotest.RefreshToken))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	stand.ServeHTTP(w, r)
	var answer map[string]any
	if json.Unmarshal(w.Body.Bytes(), &answer) != nil || w.Code >= http.StatusMultipleChoices {
		t.Fatalf("%s %s by hand: %d %s", method, path, w.Code, w.Body)
	}
	for _, name := range []string{"package", "shipmentorder", "salesorder"} {
		if record, ok := answer[name].(map[string]any); ok {
			return record
		}
	}
	return nil
}

func (b *bench) byHand(method, path, body string) map[string]any {
	b.t.Helper()
	return byHand(b.t, b.stand, b.org, method, path, body)
}

// packByHand packs quantities of the lines of the only sales order, under a number of
// Zoho's.
func (b *bench) packByHand(quantities ...string) (packageID string) {
	b.t.Helper()
	var lines []string
	for i, quantity := range quantities {
		lines = append(lines, fmt.Sprintf(`{"so_line_item_id":%q,"quantity":%s}`, b.order().Lines[i].ID, quantity))
	}
	made := b.byHand("POST", "/packages?salesorder_id="+b.order().ID,
		`{"date":"2026-11-20","line_items":[`+strings.Join(lines, ",")+`]}`)
	return fmt.Sprint(made["package_id"])
}

func (b *bench) shipByHand(packageID, tracking, carrier string) (shipmentID string) {
	b.t.Helper()
	made := b.byHand("POST", "/shipmentorders?salesorder_id="+b.order().ID+"&package_ids="+packageID,
		fmt.Sprintf(`{"date":"2026-11-23","delivery_method":%q,"tracking_number":%q}`, carrier, tracking))
	return fmt.Sprint(made["shipment_id"])
}

// contentsOf are the packages of an organisation with what is in them, as
// "NUMBER: SKU quantity, …", sorted.
func contentsOf(org zohotest.Org) []string {
	var all []string
	for _, p := range org.Packages() {
		var parts []string
		for _, line := range p.Lines {
			parts = append(parts, line.SKU+" "+string(line.Quantity))
		}
		all = append(all, p.Number+": "+strings.Join(parts, ", "))
	}
	slices.Sort(all)
	return all
}

// wantPackages checks the packages and what is in them, and that each has one shipment.
func (b *bench) wantPackages(packages ...string) {
	b.t.Helper()
	slices.Sort(packages)
	if got := contentsOf(b.org); !slices.Equal(got, packages) {
		b.t.Errorf("packages are %q, want %q", got, packages)
	}
	if shipments := b.org.Shipments(); len(shipments) != len(packages) {
		b.t.Errorf("%d shipments of %d packages: %+v", len(shipments), len(packages), shipments)
	}
	for _, p := range b.org.Packages() {
		if p.ShipmentID == "" {
			b.t.Errorf("package %s has no shipment", p.Number)
		}
	}
}

// shipment is the only one at the stand-in.
func (b *bench) shipment() zohotest.Shipment {
	b.t.Helper()
	all := b.org.Shipments()
	if len(all) != 1 {
		b.t.Fatalf("there are %d shipments, want 1: %+v", len(all), all)
	}
	return all[0]
}

func sameCalls(t *testing.T, got []string, wanted ...string) {
	t.Helper()
	if !slices.Equal(got, wanted) {
		t.Errorf("calls are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(wanted, "\n"))
	}
}

// anotherProcess is the plugin anew, with caches that know nothing.
func (b *bench) anotherProcess() *plugintest.Host {
	p := plugin(inventory.DataCentres())
	p.Clock = b.clock
	return plugintest.New(b.t, p)
}
