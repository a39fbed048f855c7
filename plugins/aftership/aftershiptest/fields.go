package aftershiptest

// shape is the JSON type of a field.
type shape int

const (
	text shape = iota
	texts
	object
	objects
)

// field is one field of a tracking as a client may send it.
type field struct {
	// name on the wire.
	name string
	// meaning stays the same over generations; it equals the name where that
	// never changed.
	meaning string
	// first and last generation that has the field; empty for no bound.
	first, last Generation
	shape       shape
	// createOnly fields are missing from PUT (AfterShip API reference, section 9).
	createOnly bool
	// valid is the rule of the value, already of the right shape; nil for none.
	valid func(g Generation, value any) bool
	// code of a value that breaks the rule; 4008 if zero.
	code int
}

// in says whether a generation has the field.
func (f field) in(g Generation) bool {
	return (f.first == "" || g.since(f.first)) && (f.last == "" || g.upTo(f.last))
}

// Meanings of the fields whose name changed over time.
const (
	destinationCountry           = "destination_country"
	destinationCountryAdditional = "destination_country (additional field)"
	originCountry                = "origin_country"
	originCountryAdditional      = "origin_country (additional field)"
)

// fields is the model of create, oldest names first (section 2.3). A field that
// is not here, or not in a generation, is dropped without a word.
func fields() []field {
	return []field{
		{name: "tracking_number", createOnly: true, valid: numberLength, code: 4005},
		{name: "slug", valid: slugPattern, code: 4010},
		{name: "slug_group", createOnly: true},
		{name: "id", first: V202504, createOnly: true, valid: ownID, code: 4015},
		{name: "title", valid: notEmpty},
		{name: "order_id", valid: notEmpty},
		{name: "order_number"},
		{name: "order_id_path", valid: notEmpty},
		{name: "order_date", valid: instant},
		{name: "custom_fields", shape: object, valid: customFields},
		{name: "language", valid: notEmpty},
		{name: "order_promised_delivery_date", last: V202507, valid: promisedText},
		{name: "order_promised_delivery_date", first: V202601, shape: object},
		{
			name: "delivery_type",
			valid: oneOf(
				"pickup_at_store",
				"pickup_at_courier",
				"door_to_door",
			),
		},
		{name: "pickup_location", valid: notEmpty},
		{name: "pickup_note", valid: notEmpty},
		{name: "tracking_ship_date", valid: shipDate},
		{name: "tracking_account_number", valid: accountNumber},
		{name: "tracking_key", valid: trackingKey},
		{
			name: "tracking_destination_country", meaning: destinationCountryAdditional,
			last: V202410, valid: alpha3,
		},
		{
			name: "tracking_destination_country_region", meaning: destinationCountryAdditional,
			first: V202501, last: V202501, valid: alpha3,
		},
		{name: "destination_country_iso3", meaning: destinationCountry, last: V202410, valid: alpha3},
		{name: "destination_country_region", meaning: destinationCountry, first: V202501, valid: alpha3},
		{name: "tracking_origin_country", meaning: originCountryAdditional, last: V202410, valid: alpha3},
		{
			name: "tracking_origin_country_region", meaning: originCountryAdditional,
			first: V202501, last: V202501, valid: alpha3,
		},
		{name: "origin_country_iso3", meaning: originCountry, last: V202410, valid: alpha3},
		{name: "origin_country_region", meaning: originCountry, first: V202501, valid: alpha3},
		{name: "tracking_postal_code", last: V202501, valid: postalCode},
		{name: "destination_postal_code", valid: postalCode},
		{name: "tracking_state", last: V202501, valid: notEmpty},
		{name: "destination_state", valid: notEmpty},
		{name: "destination_city"},
		{name: "destination_raw_location"},
		{name: "origin_state"},
		{name: "origin_city"},
		{name: "origin_postal_code"},
		{name: "origin_raw_location"},
		{name: "customer_name", last: V202410},
		{name: "emails", last: V202410, shape: texts, valid: atMost(3)},
		{name: "smses", last: V202410, shape: texts, valid: phoneNumbers},
		{name: "customers", first: V202501, shape: objects, valid: customers},
		{name: "next_couriers", last: V202410, shape: objects},
		{name: "last_mile", first: V202501, shape: object, createOnly: true},
		{name: "ios", last: V202310, shape: texts},
		{name: "android", last: V202310, shape: texts},
		{name: "note"},
		{name: "shipment_tags", shape: texts, createOnly: true, valid: shipmentTags},
		{name: "shipment_type"},
		{name: "courier_connection_id", createOnly: true},
		{name: "location_id", first: V202401},
		{name: "shipping_method", first: V202401},
		{name: "shipment_direction", first: V202607, valid: oneOf("forward", "return")},
	}
}

// model is the fields of one generation.
func model(g Generation) []field {
	var of []field
	for _, f := range fields() {
		if !f.in(g) {
			continue
		}
		if f.meaning == "" {
			f.meaning = f.name
		}
		of = append(of, f)
	}
	return of
}

// nested lists the keys known inside the objects of a generation, by field; an
// absent field keeps every key.
func nested(g Generation) map[string][]string {
	customer := []string{"role", "name", "phone_number", "email", "language"}
	if g.since(V202607) {
		customer = append(customer, "id")
	}
	return map[string][]string{
		"customers":     customer,
		"last_mile":     {"slug", "tracking_number"},
		"next_couriers": {"slug", "tracking_number"},
		"order_promised_delivery_date": {
			"promised_delivery_date",
			"promised_delivery_date_min", "promised_delivery_date_max",
		},
	}
}

// FieldNames lists the fields that a client may send to create a tracking, or to
// update one, in the order of the model.
func FieldNames(g Generation, update bool) []string {
	var names []string
	for _, f := range model(g) {
		if !update || !f.createOnly {
			names = append(names, f.name)
		}
	}
	return names
}
