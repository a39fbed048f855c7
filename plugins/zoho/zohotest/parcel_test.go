package zohotest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

func fill(body string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(body) }

// TestPackageRefusals of POST /packages (section 6). %L is the order's line.
func TestPackageRefusals(t *testing.T) {
	t.Parallel()
	const one = `{"date":"2026-11-23","line_items":[{"so_line_item_id":"%L","quantity":1}]`
	tests := map[string]struct {
		body, query  string
		status, code int
		violates     bool
	}{
		"no date":          {`{"line_items":[{"so_line_item_id":"%L","quantity":1}]}`, "", 400, 6, false},
		"no lines":         {`{"date":"2026-11-23"}`, "", 400, 6, false},
		"no quantity":      {`{"date":"2026-11-23","line_items":[{"so_line_item_id":"%L"}]}`, "", 400, 6, false},
		"nothing of it":    {`{"date":"2026-11-23","line_items":[{"so_line_item_id":"%L","quantity":0}]}`, "", 400, 4, false},
		"line by item":     {`{"date":"2026-11-23","line_items":[{"item_id":"1","quantity":1}]}`, "", 400, 4, true},
		"unknown line":     {`{%D,"line_items":[{"so_line_item_id":"1","quantity":1}]}`, "", 404, 1002, false},
		"too much":         {`{%D,"line_items":[{"so_line_item_id":"%L","quantity":2.01}]}`, "", 400, 990014, false},
		"too much in all":  {one[:len(one)-1] + `,{"so_line_item_id":"%L","quantity":1.5}]}`, "", 400, 990014, false},
		"number, no flag":  {one + `,"package_number":"P-1"}`, "", 400, 4097, false},
		"number and flag":  {one + `,"package_number":"P-1"}`, "&ignore_auto_number_generation=true", 201, 0, false},
		"flag, no number":  {one + `}`, "&ignore_auto_number_generation=true", 400, 6, false},
		"exactly the rest": {one[:len(one)-1] + `,{"so_line_item_id":"%L","quantity":1}]}`, "", 201, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			order := b.place(t, "ACME-1", true)
			body := fill(test.body, "%L", order.Lines[0].ID, "%D", `"date":"2026-11-23"`)
			wantCode(t, b.call(t, "POST", "/packages?salesorder_id="+order.ID+test.query, body), test.status, test.code)
			if violates := len(b.Violations()) > 0; violates != test.violates {
				t.Errorf("violations are %v", b.Violations())
			}
			if made := len(b.org.Packages()) == 1; made != (test.status == 201) {
				t.Errorf("packages are %v", b.org.Packages())
			}
		})
	}
}

// TestPackageOfWhichOrder: draft and void orders are not packed, and without the key
// in the query the record is left unlinked (section 6).
func TestPackageOfWhichOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	draft, confirmed, gone := b.place(t, "ACME-1", false), b.place(t, "ACME-2", true), b.place(t, "ACME-3", true)
	void(t, b, gone)
	wantCode(t, b.call(t, "POST", "/packages?salesorder_id="+draft.ID, packing(draft, "1")), 400, 990012)
	wantCode(t, b.call(t, "POST", "/packages?salesorder_id="+gone.ID, packing(gone, "1")), 400, 990013)
	wantCode(t, b.call(t, "POST", "/packages?salesorder_id=1", packing(draft, "1")), 404, 1002)
	b.wantClean(t)
	inBody := strings.Replace(packing(confirmed, "1"), "{", fmt.Sprintf(`{"salesorder_id":%q,`, confirmed.ID), 1)
	wantCode(t, b.call(t, "POST", "/packages", inBody), 201, 0)
	if made := b.org.Packages(); len(made) != 1 || made[0].OrderID != "" || len(b.Violations()) != 2 {
		t.Errorf("package is %+v, violations are %v", made, b.Violations())
	}
	if order, _ := b.org.Order("ACME-2"); order.Lines[0].Packed != "0" {
		t.Errorf("order is %+v", order)
	}
}

// TestPackageNumbers: 6 without auto-numbering, and repeated numbers (sections 6 and
// 7).
func TestPackageNumbers(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithOrganisations(zohotest.Organisation{ManualNumbers: true}))
	order := b.place(t, "ACME-1", true)
	path := "/packages?salesorder_id=" + order.ID
	wantCode(t, b.call(t, "POST", path, packing(order, "1")), 400, 6)
	numbered := strings.Replace(packing(order, "1"), "{", `{"package_number":"P-1",`, 1)
	wantCode(t, b.call(t, "POST", path, numbered), 201, 0)
	wantCode(t, b.call(t, "POST", path, numbered), 400, 1001)
	made := b.org.Packages()[0]
	ships := fmt.Sprintf("/shipmentorders?salesorder_id=%s&package_ids=%s", order.ID, made.ID)
	wantCode(t, b.call(t, "POST", ships, shipping("1Z1")), 400, 6)
	wantCode(t, b.call(t, "POST", ships, strings.Replace(shipping("1Z1"), "{", `{"shipment_number":"S-1",`, 1)), 201, 0)
}

// TestPackageList takes no notice of filters (section 6).
func TestPackageList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.place(t, "ACME-1", true)
	made := b.pack(t, order, "1")
	got := b.call(t, "GET", "/packages?salesorder_id=1&package_number=x&status=shipped&search_text=y", "")
	if rows := got.rows(t, "packages"); len(rows) != 1 || rows[0]["package_id"] != made {
		t.Errorf("rows are %v", rows)
	}
	last := b.Journal()[len(b.Journal())-1]
	if fmt.Sprint(last.Ignored) != "[?package_number ?salesorder_id ?search_text ?status]" {
		t.Errorf("ignored are %v", last.Ignored)
	}
	one := b.call(t, "GET", "/packages/"+made, "").object(t, "package")
	if line := one["line_items"].([]any)[0].(map[string]any); line["so_line_item_id"] != order.Lines[0].ID {
		t.Errorf("package is %v", one)
	}
	wantCode(t, b.call(t, "GET", "/packages/1", ""), 404, 1002)
}

// TestShipmentRefusals of POST /shipmentorders (section 6). %P is a package of the
// order, %S one that is shipped, %F one of another order.
func TestShipmentRefusals(t *testing.T) {
	t.Parallel()
	const good = `{"date":"2026-11-23","delivery_method":"UPS","tracking_number":"1Z2"`
	tests := map[string]struct {
		body, packages string
		status, code   int
		violates       bool
	}{
		"no date":        {`{"delivery_method":"UPS","tracking_number":"1Z2"}`, "%P", 400, 6, false},
		"no carrier":     {`{"date":"2026-11-23","tracking_number":"1Z2"}`, "%P", 400, 6, false},
		"empty carrier":  {`{"date":"2026-11-23","delivery_method":" ","tracking_number":"1Z2"}`, "%P", 400, 4, false},
		"empty tracking": {`{"date":"2026-11-23","delivery_method":"UPS","tracking_number":""}`, "%P", 400, 4, false},
		"unknown field":  {good + `,"carrier":"UPS"}`, "%P", 400, 4, true},
		"undeclared":     {good + `,"tracking_link":"https://example.com/1Z2"}`, "%P", 201, 0, false},
		"unknown":        {good + `}`, "1", 404, 1002, false},
		"no id":          {good + `}`, "a", 400, 2, false},
		"shipped":        {good + `}`, "%S", 400, 990015, false},
		"foreign":        {good + `}`, "%F", 400, 990016, false},
		"one and good":   {good + `}`, "%P", 201, 0, false},
		"one bad of two": {good + `}`, "%P,%S", 400, 990015, false},
		"number":         {good + `,"shipment_number":"S-1"}`, "%P", 400, 4097, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			order, other := b.place(t, "ACME-1", true), b.place(t, "ACME-2", true)
			p, s, f := b.pack(t, order, "1"), b.pack(t, order, "0.5"), b.pack(t, other, "1")
			b.ship(t, order, s, "1Z1")
			path := "/shipmentorders?salesorder_id=" + order.ID + "&package_ids=" +
				fill(test.packages, "%P", p, "%S", s, "%F", f)
			wantCode(t, b.call(t, "POST", path, test.body), test.status, test.code)
			if violates := len(b.Violations()) > 0; violates != test.violates {
				t.Errorf("violations are %v", b.Violations())
			}
			if made := len(b.org.Shipments()) == 2; made != (test.status == 201) {
				t.Errorf("shipments are %v", b.org.Shipments())
			}
		})
	}
}

// TestShipmentKeysInBody have no effect (section 6).
func TestShipmentKeysInBody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.place(t, "ACME-1", true)
	made := b.pack(t, order, "2")
	keys := fmt.Sprintf(`{"salesorder_id":%q,"package_ids":[%q],`, order.ID, made)
	body := strings.Replace(shipping("1Z1"), "{", keys, 1)
	wantCode(t, b.call(t, "POST", "/shipmentorders", body), 201, 0)
	if s := b.org.Shipments()[0]; s.OrderID != "" || len(s.PackageIDs) != 0 || len(b.Violations()) != 3 {
		t.Errorf("shipment is %+v, violations are %v", s, b.Violations())
	}
	if order, _ = b.org.Order("ACME-1"); order.Status != "confirmed" {
		t.Errorf("order is %+v", order)
	}
}

// TestShipmentLater: two packages in one, tracking changed, delivered twice (37135),
// and taken back, the shipment first (section 6).
func TestShipmentLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	order := b.place(t, "ACME-1", true)
	first, second := b.pack(t, order, "1"), b.pack(t, order, "1")
	id := b.ship(t, order, first+","+second, "1Z1")
	path := "/shipmentorders/" + id
	keys := "?salesorder_id=" + order.ID + "&package_ids=" + first
	wantCode(t, b.call(t, "PUT", path, shipping("1Z9")), 400, 2)
	wantCode(t, b.call(t, "PUT", path+keys, shipping("1Z9")), 200, 0)
	if s := b.org.Shipments()[0]; s.TrackingNumber != "1Z9" || fmt.Sprint(s.PackageIDs) != "["+first+"]" {
		t.Errorf("shipment is %+v", s)
	}
	if order, _ = b.org.Order("ACME-1"); order.Status != "partially_shipped" || order.Lines[0].Shipped != "1" {
		t.Errorf("order is %+v", order)
	}
	wantCode(t, b.call(t, "POST", path+"/status/delivered", `{"delivered_date":"2026-11-23 10:00"}`), 200, 0)
	wantCode(t, b.call(t, "POST", path+"/status/delivered", ""), 400, 37135)
	if got := b.call(t, "GET", path, "").object(t, "shipmentorder"); got["status"] != "delivered" {
		t.Errorf("shipment is %v", got)
	}
	wantCode(t, b.call(t, "DELETE", "/packages/"+first, ""), 400, 990017)
	wantCode(t, b.call(t, "DELETE", path, ""), 200, 0)
	wantCode(t, b.call(t, "DELETE", "/packages/"+first, ""), 200, 0)
	wantCode(t, b.call(t, "DELETE", "/packages/"+first, ""), 404, 1002)
	for _, method := range []string{"GET", "DELETE"} {
		wantCode(t, b.call(t, method, path, ""), 404, 1002)
	}
	if order, _ = b.org.Order("ACME-1"); order.Status != "confirmed" || order.Lines[0].Packed != "1" {
		t.Errorf("order is %+v", order)
	}
}
