package zoho

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// preview shows what would be sent of a record, and fails if anybody is called.
func (b *bench) preview(h *hosted) *pluginv1.PreviewResponse {
	b.t.Helper()
	header := b.header("parcel", nil)
	header.RemoteId, header.State, header.FateUnknown = h.remoteID, h.state, h.doubtful
	b.stand.ForgetJournal()
	shown, err := b.PreviewTracking(b.settings, b.secrets, &pluginv1.TrackingDelivery{Header: header, Record: h.record})
	if err != nil {
		b.t.Fatal(err)
	}
	if calls := b.stand.Journal(); len(calls) > 0 {
		b.t.Errorf("a preview called: %+v", calls)
	}
	return shown
}

func TestPreviewTracking(t *testing.T) {
	t.Parallel()
	const shipment, pack = "4815000000000001", "4815000000000002"
	made := (memory{Made: true, Order: "4815000000000003", Package: pack}).bytes()
	record := parcel(orderOf("LP-15", "007", "MS-02", "3"), oneZ)
	for _, test := range []struct {
		name     string
		hosted   hosted
		requests []string
		note     string
	}{
		{"new", hosted{record: record}, []string{"POST /packages", "POST /shipmentorders"}, "one piece for each"},
		{
			"contents",
			hosted{record: containing(record, item("LP-15", "1"), item("", "1"))},
			[]string{"POST /packages", "POST /shipmentorders"},
			"without line and SKU",
		},
		{
			"fate unknown",
			hosted{record: record, doubtful: true},
			[]string{"POST /packages", "POST /shipmentorders"},
			"may have",
		},
		{
			"edit",
			hosted{record: record, remoteID: shipment, state: made},
			[]string{"PUT /shipmentorders/" + shipment},
			"only if a fact differs",
		},
		{
			"new contents",
			hosted{record: containing(record, item("LP-15", "1")), remoteID: shipment, state: made},
			[]string{"POST /packages", "POST /shipmentorders"},
			"made anew",
		},
		{
			"a bad date",
			hosted{record: changed(record, func(r *pluginv1.TrackingRecord) { r.Parcel.ShipDate = proto.String("2026-13-01") })},
			[]string{"POST /packages", "POST /shipmentorders"},
			"ship date",
		},
		{"blank", hosted{record: parcel(jo(), " ")}, nil, "blank"},
		{"voided before", hosted{record: voided(record)}, nil, "voided before"},
		{
			"voided",
			hosted{record: voided(record), remoteID: shipment, state: made},
			[]string{"DELETE /shipmentorders/" + shipment, "DELETE /packages/" + pack},
			"deleted",
		},
		{
			"voided, packed by hand",
			hosted{record: voided(record), remoteID: shipment, state: memory{Made: true}.bytes()},
			[]string{"DELETE /shipmentorders/" + shipment},
			"deleted",
		},
		{
			"voided, noted",
			hosted{record: voided(record), remoteID: shipment, state: memory{Noted: true}.bytes()},
			[]string{"GET /shipmentorders/" + shipment},
			"notes",
		},
		{
			"voided, of who knows whose",
			hosted{record: voided(record), remoteID: shipment},
			[]string{"GET /salesorders/" + someOrder},
			"if Spurline made them",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			shown := b.preview(&test.hosted)
			var requests []string
			for _, r := range shown.GetRequests() {
				at, err := url.Parse(r.GetUrl())
				if err != nil {
					t.Fatal(err)
				}
				requests = append(requests, r.GetMethod()+" "+strings.TrimPrefix(at.Path, zohotest.Root))
				if body := r.GetBody(); (body != "") != (r.GetMethod() == "POST" || r.GetMethod() == "PUT") ||
					body != "" && !json.Valid([]byte(body)) {
					t.Errorf("%s has the body %q", requests[len(requests)-1], body)
				}
			}
			if !slices.Equal(requests, test.requests) {
				t.Errorf("requests are %q, want %q", requests, test.requests)
			}
			if notes := strings.Join(shown.GetNotes(), "\n"); !strings.Contains(notes, test.note) {
				t.Errorf("notes are %q", notes)
			}
		})
	}
}

// TestPreviewShowsWhatIsSent compares a preview with the requests then made: but for ids
// of Zoho they are the same.
func TestPreviewShowsWhatIsSentOfAParcel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("mark_delivered", "true")
	for i, contents := range [][]*commercev1.ParcelItem{nil, {item("MS-02", "2.50")}} {
		o := orderOf("LP-15", "2", "MS-02", "3")
		o.OrderId += strings.Repeat("x", i)
		b.place(o)
		h := &hosted{record: parcel(o, oneZ+strings.Repeat("x", i), contents...)}
		shown := b.preview(h)
		b.stand.ForgetJournal()
		want(t, b.deliver(h, false), isDelivered, "")
		sent := b.stand.Journal(zohotest.Writes())
		if len(sent) != len(shown.GetRequests()) {
			t.Fatalf("%d requests are shown, %d were sent", len(shown.GetRequests()), len(sent))
		}
		for i, r := range shown.GetRequests() {
			var ours, theirs map[string]any
			if r.GetMethod() != sent[i].Method {
				t.Errorf("shown is %s, sent %s", r.GetMethod(), sent[i].Method)
			}
			if r.GetBody() == "" && len(sent[i].Raw) == 0 {
				continue
			}
			if json.Unmarshal([]byte(r.GetBody()), &ours) != nil || json.Unmarshal(sent[i].Raw, &theirs) != nil {
				t.Fatalf("shown is %s, sent %s", r.GetBody(), sent[i].Raw)
			}
			for _, body := range []map[string]any{ours, theirs} {
				lines, _ := body["line_items"].([]any)
				for _, line := range lines {
					if line, ok := line.(map[string]any); ok {
						delete(line, "so_line_item_id")
					}
				}
			}
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("(-sent +shown):\n%s", diff)
			}
		}
	}
}
