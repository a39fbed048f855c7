package webhooktest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	dotted    = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+$`)
	snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// types are those that Spurline sends, with the member of data that has the record.
var types = map[string]string{
	"order.created": "order", "order.updated": "order", "order.cancelled": "order",
	"tracking.created": "tracking", "tracking.updated": "tracking", "tracking.voided": "tracking",
	"webhook.test": "",
}

// decode reads the body and notes what is wrong with it.
func (e *Exchange) decode() {
	var body map[string]any
	d := json.NewDecoder(bytes.NewReader(e.Raw))
	d.UseNumber()
	if err := d.Decode(&body); err != nil || body == nil {
		e.problem("body is no JSON object")
		return
	}
	if _, err := d.Token(); err != io.EOF { //nolint:errorlint // Token returns it as it is.
		e.problem("body has something behind the object")
	}
	e.Body = body
	for name := range body {
		if !slices.Contains([]string{"type", "timestamp", "data"}, name) {
			e.problem("body has a member %q", name)
		}
	}
	e.Type, _ = body["type"].(string)
	record, known := types[e.Type]
	if !dotted.MatchString(e.Type) || !known {
		e.problem("type is %q", e.Type)
	}
	stamp, _ := body["timestamp"].(string)
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		e.problem("timestamp of the body is %q", stamp)
	}
	e.Happened = at
	data, ok := body["data"].(map[string]any)
	if !ok {
		e.problem("data is no object")
		return
	}
	e.Data = data
	e.decodeData(record)
}

// decodeData looks for what names the record.
func (e *Exchange) decodeData(record string) {
	allowed := []string{"merchant_id"}
	if record != "" {
		allowed = append(allowed, "revision", record)
		if n, ok := e.Data["revision"].(json.Number); !ok || strings.Trim(n.String(), "0123456789") != "" || n == "0" {
			e.problem("revision is %v", e.Data["revision"])
		}
		e.Record, _ = e.Data[record].(map[string]any)
		if text(e.Record["order_id"]) == "" {
			e.problem("%s has no order_id", record)
		}
		if parcel, _ := e.Record["parcel"].(map[string]any); record == "tracking" && text(parcel["tracking_number"]) == "" {
			e.problem("tracking has no tracking_number")
		}
	}
	if text(e.Data["merchant_id"]) == "" {
		e.problem("data has no merchant_id")
	}
	for name := range e.Data {
		if !slices.Contains(allowed, name) {
			e.problem("data has a member %q", name)
		}
	}
	e.names(e.Data)
}

// names notes fields that are not snake_case. Extra fields are named by carts.
func (e *Exchange) names(value any) {
	switch inner := value.(type) {
	case map[string]any:
		for name, below := range inner {
			if !snakeCase.MatchString(name) {
				e.problem("field %q is not snake_case", name)
			}
			if !strings.HasSuffix(name, "extra_fields") {
				e.names(below)
			}
		}
	case []any:
		for _, below := range inner {
			e.names(below)
		}
	}
}

// told is what has to be the same on every attempt: all but what is said of the other
// parcels of the order.
func (e *Exchange) told() string {
	record := maps.Clone(e.Record)
	for _, name := range []string{
		"parcel_number", "parcel_count", "sibling_tracking_numbers", "voided_sibling_tracking_numbers",
	} {
		delete(record, name)
	}
	raw, err := json.Marshal([]any{e.Type, e.Body["timestamp"], e.Data["revision"], record})
	if err != nil {
		return string(e.Raw)
	}
	return string(raw)
}

func text(value any) string {
	t, _ := value.(string)
	return t
}
