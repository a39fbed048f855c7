package zoho_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/sdk/conformance"
	"github.com/spurline/spurline/plugins/sdk/plugintest"
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// shipped is what the ids of orders begin with that are at Zoho before their parcels.
const shipped = "SHIPPED-"

// standIn is the stand-in as the conformance suite uses one.
type standIn struct {
	*zohotest.Server
	mu sync.Mutex
	// seeded are the orders that were made for parcels, with a token of its own: more
	// than ten kill the oldest, which is that of the plugin.
	seeded map[string]bool
	token  string
}

func newStandIn() conformance.StandIn {
	return &standIn{
		Server: zohotest.New(zohotest.WithoutLimits(), zohotest.WithItems(zohotest.Item{SKU: "LP-15"})),
		seeded: map[string]bool{},
	}
}

// ServeHTTP implements http.Handler. The order of a parcel is there when it is looked
// for, as the suite sends parcels alone.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reference := r.URL.Query().Get("reference_number")
	if r.URL.Path == zohotest.Root+"/salesorders" && strings.HasPrefix(reference, shipped) {
		s.seed(r.Context(), reference)
	}
	s.Server.ServeHTTP(w, r)
}

// seed makes a sales order as somebody else would.
func (s *standIn) seed(ctx context.Context, reference string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seeded[reference] {
		return
	}
	s.seeded[reference] = true
	if s.token == "" {
		s.token = s.IssueToken(zohotest.ClientID, zohotest.RefreshToken)
	}
	org := s.Org("")
	contact := org.AddContact(zohotest.Contact{Name: "of " + reference})
	made := s.post(ctx, "/salesorders?ignore_auto_number_generation=true", map[string]any{
		"customer_id": contact.ID, "salesorder_number": reference, "reference_number": reference,
		"line_items": []any{map[string]any{"item_id": org.Items()[0].ID, "rate": 1, "quantity": 2}},
	})
	order, _ := made["salesorder"].(map[string]any)
	s.post(ctx, fmt.Sprintf("/salesorders/%s/status/confirmed", order["salesorder_id"]), nil)
}

func (s *standIn) post(ctx context.Context, path string, body any) map[string]any {
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
	}
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	target := zohotest.Root + path + separator + "organization_id=" + zohotest.OrganisationID
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(raw))
	r.Header.Set("Authorization", "Zoho-oauthtoken "+s.token)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.Server.ServeHTTP(w, r)
	var answer map[string]any
	if json.Unmarshal(w.Body.Bytes(), &answer) != nil || w.Code >= http.StatusMultipleChoices {
		panic(fmt.Sprintf("seed %s: %d %s", path, w.Code, w.Body)) // A fault of this test.
	}
	return answer
}

// Records implements conformance.StandIn.
func (s *standIn) Records() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, o := range s.Org("").Orders() {
		if !s.seeded[o.Reference] {
			ids = append(ids, o.ID)
		}
	}
	for _, shipment := range s.Org("").Shipments() {
		ids = append(ids, shipment.ID)
	}
	return ids
}

// Failure implements conformance.StandIn.
func (*standIn) Failure(status int) (contentType, body string) {
	code := map[int]int{
		http.StatusBadRequest: 4, http.StatusUnauthorized: 57, http.StatusForbidden: 57, http.StatusNotFound: 1002,
		http.StatusTooManyRequests: 44,
	}[status]
	if code == 0 {
		code = 1000
	}
	if status > 404 && status < 500 && status != http.StatusTooManyRequests {
		code = 9 // None that is known.
	}
	return "application/json", fmt.Sprintf(`{"code":%d,"message":"scripted"}`, code)
}

// Writes implements conformance.StandIn. What counts is the request that makes or
// changes the record itself: its customer, its package and its status come before and
// after it.
func (*standIn) Writes(r *http.Request) bool {
	path := strings.TrimPrefix(r.URL.Path, zohotest.Root)
	return r.Method != http.MethodGet && !strings.Contains(path, "/status/") &&
		(strings.HasPrefix(path, "/salesorders") || strings.HasPrefix(path, "/shipmentorders"))
}

// TestConformance: the plugin as it is shipped is one (promises P3 and P7).
func TestConformance(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "spurline-plugin-zoho")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/spurline-plugin-zoho")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := []*commercev1.LineItem{{LineId: proto.String("1"), Sku: proto.String("LP-15"), Quantity: "2"}}
	report := plugintest.Conform(t, binary, conformance.Harness{
		Settings: map[string]string{
			"organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID, "calls_per_minute": "10000",
			"concurrent_calls": "50",
		},
		Secrets: map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken},
		Faulty: []conformance.Faulty{
			{
				Name: "a mapping that is no list", Field: "sku_mapping",
				Settings: map[string]string{"sku_mapping": "no equals sign"},
			},
			{Name: "a share above the whole", Field: "daily_share", Settings: map[string]string{"daily_share": "101"}},
		},
		Orders: []*commercev1.Order{{
			OrderId: "CONFORM-{n}", OrderSource: proto.String("conformance"),
			Customer:  &commercev1.Customer{Name: proto.String("Jane {n}"), Email: proto.String("jane{n}@example.com")},
			LineItems: lines,
		}},
		Tracking: []*pluginv1.TrackingRecord{{
			OrderId: shipped + "{n}", ParcelNumber: 1, ParcelCount: 1,
			Parcel: &commercev1.Parcel{
				TrackingNumber: "1Z999AA1{n}", Carrier: proto.String("UPS"), ShipDate: proto.String("2026-11-20"),
			},
			Order: &commercev1.Order{OrderId: shipped + "{n}", LineItems: lines},
		}},
		Remote: &conformance.Remote{Setting: "api_base_url", New: newStandIn},
	})
	if unclaimed := report.Count(conformance.NotClaimed); unclaimed > 0 {
		t.Errorf("%d checks are not claimed: this plugin claims all", unclaimed)
	}
}
