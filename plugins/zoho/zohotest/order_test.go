package zohotest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestOrderAnswer: what section 3.3 shows.
func TestOrderAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.call(t, "POST", posting, b.order("ACME-1",
		`,"reference_number":"1","custom_fields":[{"api_name":"cf_source","value":"shop"}]`))
	wantCode(t, got, 201, 0)
	o := got.object(t, "salesorder")
	line := o["line_items"].([]any)[0].(map[string]any)
	if o["status"] != "draft" || o["currency_code"] != "USD" || fmt.Sprint(o["total"]) != "244" ||
		line["sku"] != "LP-15" || fmt.Sprint(line["item_total"]) != "244" || len(line["line_item_id"].(string)) < 16 {
		t.Errorf("order is %s", got.raw)
	}
	order, _ := b.org.Order("ACME-1")
	if order.Reference != "1" || order.CustomFields["cf_source"] != "shop" || order.ID != o["salesorder_id"] {
		t.Errorf("order is %+v", order)
	}
	b.wantClean(t)
}

// TestOrderRefusals of the body (sections 3.2, 3.4, 4, 5 and 7). %H is the
// customer and a number, %L the beginning of a line with an item.
func TestOrderRefusals(t *testing.T) {
	t.Parallel()
	const line = `%L,"quantity":1}]`
	long := strings.Repeat("1", 101)
	tests := map[string]struct {
		body         string
		status, code int
		violates     bool
	}{
		"no customer":       {`{"salesorder_number":"1",` + line + `}`, 400, 6, false},
		"unknown customer":  {`{"customer_id":"1","salesorder_number":"1",` + line + `}`, 404, 1002, false},
		"numeric customer":  {`{"customer_id":1,"salesorder_number":"1",` + line + `}`, 400, 4, true},
		"no lines":          {`{%H}`, 400, 6, false},
		"empty lines":       {`{%H,"line_items":[]}`, 400, 4, false},
		"no number":         {`{"customer_id":"%C",` + line + `}`, 400, 6, false},
		"unknown item":      {`{%H,"line_items":[{"item_id":"1"}]}`, 404, 1002, false},
		"no item":           {`{%H,"line_items":[{"name":"a"}]}`, 400, 990003, false},
		"sku in a line":     {`{%H,"line_items":[{"sku":"LP-15"}]}`, 400, 4, true},
		"currency":          {`{%H,"currency_id":"1",` + line + `}`, 400, 4, true},
		"quantity as text":  {`{%H,%L,"quantity":"1"}]}`, 400, 4, true},
		"quantity of 0":     {`{%H,%L,"quantity":0}]}`, 400, 4, false},
		"negative rate":     {`{%H,%L,"rate":-1}]}`, 400, 4, false},
		"exponent":          {`{%H,"shipping_charge":1e9,` + line + `}`, 400, 4, true},
		"unknown tax":       {`{%H,%L,"tax_id":"1"}]}`, 400, 4, false},
		"date":              {`{%H,"date":"22.11.2026",` + line + `}`, 400, 4, true},
		"discount type":     {`{%H,"discount_type":"order",` + line + `}`, 400, 4, true},
		"discount as text":  {`{%H,"discount":"10",` + line + `}`, 400, 4, true},
		"huge discount":     {`{%H,"discount":122.01,` + line + `}`, 400, 4, false},
		"negative total":    {`{%H,"adjustment":-122.01,` + line + `}`, 400, 4, false},
		"long number":       {`{"customer_id":"%C","salesorder_number":"` + long + `",` + line + `}`, 400, 15, false},
		"address":           {`{%H,"shipping_address_id":"1",` + line + `}`, 404, 1002, false},
		"location":          {`{%H,"location_id":"1",` + line + `}`, 404, 1002, false},
		"custom field":      {`{%H,"custom_fields":[{"label":"X","value":"1"}],` + line + `}`, 400, 990004, false},
		"unknown line":      {`{%H,%L,"line_item_id":"1"}]}`, 404, 1002, false},
		"shipping tax":      {`{%H,"shipping_charge_tax_id":"1",` + line + `}`, 400, 4, false},
		"no JSON":           {`{"customer_id":`, 400, 1038, false},
		"a list":            {`[]`, 400, 1038, false},
		"twice the key":     {`{"customer_id":"1","customer_id":"2"}`, 400, 1038, false},
		"something behind":  {`{} {}`, 400, 1038, false},
		"exact discount":    {`{%H,"discount":122,` + line + `}`, 201, 0, false},
		"members in a list": {`{%H,"line_items":[1]}`, 400, 4, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			body := fill(test.body, "%H", `"customer_id":"%C","salesorder_number":"1"`, "%L", `"line_items":[{"item_id":"%I"`)
			body = fill(body, "%C", b.customer.ID, "%I", b.item.ID)
			wantCode(t, b.call(t, "POST", posting, body), test.status, test.code)
			if violates := len(b.Violations()) > 0; violates != test.violates {
				t.Errorf("violations are %v", b.Violations())
			}
			if made := len(b.org.Orders()) == 1; made != (test.status == 201) {
				t.Errorf("orders are %v", b.org.Orders())
			}
		})
	}
}

// TestOrderContentType: JSON only (section 1.2).
func TestOrderContentType(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.call(t, "POST", posting, b.order("1", ""), "Content-Type", "application/x-www-form-urlencoded")
	wantCode(t, got, 400, 1038)
	wantCode(t, b.call(t, "POST", posting, b.order("1", ""), "Content-Type", "application/json;charset=UTF-8"), 201, 0)
}

// TestOrderNumbers: 36004, 4097 and auto-numbering (section 3.4).
func TestOrderNumbers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.place(t, "ACME-1", false)
	unnumbered := strings.Replace(b.order("", ""), `"salesorder_number":"",`, "", 1)
	steps := []struct {
		name, path, body string
		status, code     int
	}{
		{"repeated", posting, b.order("ACME-1", ""), 400, 36004},
		{"repeated but for case and blanks", posting, b.order(" acme-1 ", ""), 400, 36004},
		{"without the flag", "/salesorders", b.order("ACME-2", ""), 400, 4097},
		{"with the flag off", "/salesorders?ignore_auto_number_generation=false", b.order("ACME-2", ""), 400, 4097},
		{"with an odd flag", "/salesorders?ignore_auto_number_generation=1", b.order("ACME-2", ""), 400, 2},
		{"automatic", "/salesorders", unnumbered, 201, 0},
		{"automatic again", "/salesorders", unnumbered, 201, 0},
		{"none with the flag", posting, unnumbered, 400, 6},
	}
	for _, step := range steps {
		if got := b.call(t, "POST", step.path, step.body); got.status != step.status || got.code != step.code {
			t.Errorf("%s: answer is %d/%d %s", step.name, got.status, got.code, got.raw)
		}
	}
	if _, ok := b.org.Order("SO-00002"); !ok {
		t.Errorf("orders are %v", b.org.Orders())
	}
	b.org.SetAutoNumbers(false)
	wantCode(t, b.call(t, "POST", "/salesorders", unnumbered), 400, 6)
	wantCode(t, b.call(t, "POST", "/salesorders", b.order("ACME-3", "")), 201, 0)
	b.SetQuirk(zohotest.ExactNumbers, true)
	wantCode(t, b.call(t, "POST", posting, b.order("acme-1", "")), 201, 0)
}

// TestInactive: customer and items (sections 4 and 5), with codes that can be set.
func TestInactive(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithRefusal(zohotest.CustomerInactive, 400, 4711))
	b.org.SetContactStatus("Jo Doe", false)
	wantCode(t, b.call(t, "POST", posting, b.order("1", "")), 400, 4711)
	b.org.SetContactStatus(b.customer.ID, true)
	b.org.SetItemStatus(b.item.ID, false)
	wantCode(t, b.call(t, "POST", posting, b.order("1", "")), 400, 990002)
	vendor := b.org.AddContact(zohotest.Contact{Name: "V", Type: "vendor"})
	b.org.SetItemStatus(b.item.ID, true)
	b.customer = vendor
	wantCode(t, b.call(t, "POST", posting, b.order("1", "")), 404, 1002)

	b = setup(t, zohotest.WithoutRefusal(zohotest.ItemInactive), zohotest.WithoutRefusal(zohotest.CustomerInactive))
	b.org.SetItemStatus(b.item.ID, false)
	b.org.SetContactStatus(b.customer.ID, false)
	wantCode(t, b.call(t, "POST", posting, b.order("1", "")), 201, 0)
}

// TestInlineAddress is ignored and written down, unless the quirk is on (section 3.2).
func TestInlineAddress(t *testing.T) {
	t.Parallel()
	const inline = `,"shipping_address":{"address":"Elsewhere"}`
	b := setup(t)
	wantCode(t, b.call(t, "POST", posting, b.order("1", inline)), 201, 0)
	if order, _ := b.org.Order("1"); order.Shipping.Address != "" {
		t.Errorf("address is %v", order.Shipping)
	}
	if e := b.Journal(zohotest.ByNumber("1")); len(e) != 1 || fmt.Sprint(e[0].Ignored) != "[shipping_address]" {
		t.Errorf("journal is %+v", e)
	}
	b.SetQuirk(zohotest.InlineAddresses, true)
	wantCode(t, b.call(t, "POST", posting, b.order("2", inline)), 201, 0)
	if order, _ := b.org.Order("2"); order.Shipping.Address != "Elsewhere" {
		t.Errorf("address is %v", order.Shipping)
	}
	stored := b.call(t, "POST", "/contacts/"+b.customer.ID+"/address", `{"address":"Stored"}`)
	id, _ := stored.object(t, "address_info")["address_id"].(string)
	wantCode(t, b.call(t, "POST", posting, b.order("3", `,"shipping_address_id":"`+id+`"`)), 201, 0)
	if order, _ := b.org.Order("3"); order.Shipping.Address != "Stored" {
		t.Errorf("address is %v", order.Shipping)
	}
}

// TestFieldLimit: limits that are not known can be set (section 4).
func TestFieldLimit(t *testing.T) {
	t.Parallel()
	b := setup(t, zohotest.WithFieldLimit("salesorders.notes", 3),
		zohotest.WithFieldLimit("contacts.billing_address.address", 5))
	wantCode(t, b.call(t, "POST", posting, b.order("1", `,"notes":"abcd"`)), 400, 15)
	wantCode(t, b.call(t, "POST", posting, b.order("1", `,"notes":"abc"`)), 201, 0)
	wantCode(t, b.call(t, "POST", "/contacts", `{"contact_name":"A","billing_address":{"address":"abcdef"}}`), 400, 15)
}
