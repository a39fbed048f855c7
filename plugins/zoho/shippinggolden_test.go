package zoho

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// goldenCall is a call written by hand from the reference.
type goldenCall struct {
	Line string
	Body any
}

// readShipmentCalls reads testdata/requests/shipments.txt: a name, then lines of requests,
// each with its body behind it if it has one.
func readShipmentCalls(t *testing.T) map[string][]goldenCall {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "requests", "shipments.txt"))
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(raw), "\n=== ")
	if !strings.Contains(head, "Zoho Inventory reference, section") {
		t.Fatal("the file does not say what it follows")
	}
	all := map[string][]goldenCall{}
	for block := range strings.SplitSeq(rest, "\n=== ") {
		name, text, _ := strings.Cut(block, "\n")
		var calls []goldenCall
		body := ""
		flush := func() {
			if body == "" {
				return
			}
			if err := json.Unmarshal([]byte(body), &calls[len(calls)-1].Body); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			body = ""
		}
		for line := range strings.Lines(text) {
			if method, _, ok := strings.Cut(line, " /"); ok && !strings.Contains(method, `"`) {
				flush()
				calls = append(calls, goldenCall{Line: strings.TrimSpace(line)})
			} else {
				body += strings.TrimSpace(line)
			}
		}
		flush()
		all[name] = calls
	}
	return all
}

// named are the calls that the stand-in saw, with names in place of ids.
func (b *bench) named(names map[string]string) []goldenCall {
	b.t.Helper()
	var replace []string
	for id, name := range names {
		replace = append(replace, id, "{"+name+"}")
	}
	replacer := strings.NewReplacer(replace...)
	var calls []goldenCall
	for _, e := range b.stand.Journal() {
		if e.Endpoint == zohotest.TokenEndpoint {
			continue
		}
		query, err := url.QueryUnescape(e.Query.Encode())
		if err != nil {
			b.t.Fatal(err)
		}
		call := goldenCall{Line: replacer.Replace(e.Method + " " + strings.TrimPrefix(e.Path, zohotest.Root) + "?" + query)}
		if len(e.Raw) > 0 {
			if err := json.Unmarshal([]byte(replacer.Replace(string(e.Raw))), &call.Body); err != nil {
				b.t.Fatal(err)
			}
		}
		if len(e.Ignored) > 0 {
			b.t.Errorf("%s: without effect were %q", call.Line, e.Ignored)
		}
		calls = append(calls, call)
	}
	return calls
}

// TestGoldenShipments compares all requests of a parcel's life with those written by hand,
// and that the stand-in drops nothing of them.
func TestGoldenShipments(t *testing.T) {
	t.Parallel()
	wanted := readShipmentCalls(t)
	b := newBench(t)
	o := b.place(orderOf("LP-15", "1", "MS-02", "2.5"))
	first := parcel(o, "1Z 999 AA1 0123456784", item("MS-02", "2.5"), item("LP-15", "1"))
	second := among(parcel(o, twoZ), oneZ)
	dhl := changed(first, func(r *pluginv1.TrackingRecord) { r.Parcel.Carrier = proto.String("DHL") })
	names := map[string]string{}
	check := func(name string, do func() *pluginv1.DeliveryResult) *pluginv1.DeliveryResult {
		t.Helper()
		b.stand.ForgetJournal()
		r := do()
		want(t, r, isDelivered, "")
		for _, s := range b.org.Shipments() {
			names[s.ID], names[s.PackageIDs[0]], names[s.OrderID] = "shipment", "package", "salesorder"
		}
		for i, line := range b.order().Lines {
			names[line.ID] = []string{"line 1", "line 2"}[i]
		}
		golden, ok := wanted[name]
		if !ok {
			t.Fatalf("no golden calls %q", name)
		}
		delete(wanted, name)
		if diff := cmp.Diff(golden, b.named(names)); diff != "" {
			t.Errorf("%s (-golden +sent):\n%s", name, diff)
		}
		return r
	}
	b.set("mark_delivered", "true")
	made := check("a parcel with contents", func() *pluginv1.DeliveryResult { return b.forward(first, nil) })
	b.set("mark_delivered", "false")
	edited := check("another carrier", func() *pluginv1.DeliveryResult { return b.forward(dhl, made) })
	if edited.GetState() == nil {
		edited.State = made.GetState()
	}
	noted := check("a parcel for which nothing is left", func() *pluginv1.DeliveryResult { return b.forward(second, nil) })
	check("the number taken out again", func() *pluginv1.DeliveryResult { return b.forward(voided(second), noted) })
	dhl.ParcelCount = 1
	check("a voided parcel", func() *pluginv1.DeliveryResult { return b.forward(voided(dhl), edited) })
	for name := range wanted {
		t.Errorf("golden calls %q were not made", name)
	}
}
