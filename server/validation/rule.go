package validation

import (
	"fmt"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Rules in words that several patterns share.
const (
	idRule        = `1 to 63 of "a-z", "0-9" and "-", not beginning with "-"`
	currencyRule  = `must be an ISO 4217 currency code in upper case, such as "USD"`
	countryRule   = `must be an ISO 3166-1 country code such as "DE" or "DEU"`
	decimalRule   = "must be a decimal number such as "
	printableRule = "must be 1 to 128 printable characters"
)

// patterns says in words what the patterns of the proto files allow. A test
// holds it against all of them.
var patterns = map[string]string{
	`^[a-z0-9][a-z0-9-]{0,62}$`:           "must be " + idRule,
	`^merchants/[a-z0-9][a-z0-9-]{0,62}$`: `must be "merchants/{merchant}", the id ` + idRule,
	`^merchants/([a-z0-9][a-z0-9-]{0,62}|-)$`: `must be "merchants/{merchant}", the id ` + idRule +
		`, or "merchants/-" for all`,
	`^merchants/[a-z0-9][a-z0-9-]{0,62}/connections/[a-z0-9][a-z0-9-]{0,62}$`: `must be ` +
		`"merchants/{merchant}/connections/{connection}", each id ` + idRule,
	`^merchants/[a-z0-9][a-z0-9-]{0,62}/deliveries/[a-z0-9]{1,32}$`: `must be ` +
		`"merchants/{merchant}/deliveries/{delivery}", as ListDeliveries shows it`,
	`^plugins/[a-z0-9][a-z0-9-]{0,62}$`: `must be "plugins/{plugin}", as ListPlugins shows it`,

	`^([A-Z]{3})?$`:                          currencyRule,
	`^[A-Z]{3}$`:                             currencyRule,
	`^([A-Za-z]{2,3})?$`:                     countryRule,
	`^([0-9]{4}-[0-9]{2}-[0-9]{2})?$`:        `must be a calendar date "YYYY-MM-DD"`,
	`^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$`: `must be a BCP 47 language tag such as "de" or "pt-BR"`,

	`^-?[0-9]{1,15}(\.[0-9]{1,6})?$`: decimalRule + `"19.90" with at most 15 digits and 6 decimals`,
	`^[0-9]{1,12}(\.[0-9]{1,6})?$`:   decimalRule + `"2" or "0.5" with at most 12 digits and 6 decimals`,
	`^[0-9]{1,9}(\.[0-9]{1,6})?$`:    decimalRule + `"1.25" with at most 9 digits and 6 decimals`,

	`^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]{1,128}$`: printableRule,
	`^[\p{L}\p{N}\p{P}\p{S}\p{Zs}]{1,128}$`:      printableRule,
}

// rule says what the value must be in a message of that type. It names no value
// of the request.
func rule(of protoreflect.MessageDescriptor, v *protovalidate.Violation) string {
	text := plain(of, v)
	if v.Proto.GetForKey() {
		return "its key " + text
	}
	return text
}

func plain(of protoreflect.MessageDescriptor, v *protovalidate.Violation) string {
	switch v.Proto.GetRuleId() {
	case "required":
		if v.FieldDescriptor == nil {
			return variants(of, v)
		}
		return "must be present"
	case "string.pattern":
		if text, known := patterns[v.RuleValue.String()]; known {
			return text
		}
	case "string.min_len":
		return "must not be " + shorter(v)
	case "string.max_len":
		return fmt.Sprintf("must have at most %s", count(v, "character"))
	case "string.max_bytes":
		return fmt.Sprintf("must have at most %s in UTF-8", count(v, "byte"))
	case "repeated.min_items":
		return fmt.Sprintf("must have at least %s", count(v, "element"))
	case "repeated.max_items":
		return fmt.Sprintf("must have at most %s", count(v, "element"))
	case "map.max_pairs":
		return fmt.Sprintf("must have at most %s", count(v, "entry"))
	case "enum.defined_only":
		return "must be one of " + enumNames(v.FieldDescriptor, true)
	case "enum.not_in":
		return "must be one of " + enumNames(v.FieldDescriptor, false)
	case "int32.gte", "int64.gte":
		return fmt.Sprintf("must be at least %d", v.RuleValue.Int())
	case "duration.gte", "duration.lte", "duration.gte_lte":
		return durationRule(v)
	}
	return v.Proto.GetMessage() // The library's texts name the rule, not the value.
}

// variants names the fields of a oneof of which one must be set.
func variants(of protoreflect.MessageDescriptor, v *protovalidate.Violation) string {
	oneof := oneofAt(of, v)
	if oneof == nil {
		return "must have one of its variants"
	}
	var names []string
	for i := range oneof.Fields().Len() {
		names = append(names, string(oneof.Fields().Get(i).Name()))
	}
	return "set " + oneOf(names)
}

// oneofAt is the oneof that a violation is about, nil if it is about a field. The
// violation has no descriptor of it, only the way there.
func oneofAt(of protoreflect.MessageDescriptor, v *protovalidate.Violation) protoreflect.OneofDescriptor {
	elements := v.Proto.GetField().GetElements()
	if v.FieldDescriptor != nil || len(elements) == 0 {
		return nil
	}
	last := len(elements) - 1
	for _, element := range elements[:last] {
		field := of.Fields().ByNumber(protoreflect.FieldNumber(element.GetFieldNumber()))
		if field != nil && field.IsMap() {
			field = field.MapValue()
		}
		if field == nil || field.Message() == nil {
			return nil
		}
		of = field.Message()
	}
	return of.Oneofs().ByName(protoreflect.Name(elements[last].GetFieldName()))
}

// oneOf writes a choice: "a or b", "one of a, b, c".
func oneOf(names []string) string {
	if len(names) == 2 {
		return names[0] + " or " + names[1]
	}
	return "one of " + strings.Join(names, ", ")
}

func shorter(v *protovalidate.Violation) string {
	if v.RuleValue.Uint() == 1 {
		return "empty"
	}
	return "shorter than " + count(v, "character")
}

func count(v *protovalidate.Violation, unit string) string {
	n := v.RuleValue.Uint()
	switch {
	case n == 1:
	case strings.HasSuffix(unit, "y"):
		unit = strings.TrimSuffix(unit, "y") + "ies"
	default:
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

func enumNames(field protoreflect.FieldDescriptor, withZero bool) string {
	values := field.Enum().Values()
	var names []string
	for i := range values.Len() {
		if value := values.Get(i); withZero || value.Number() != 0 {
			names = append(names, string(value.Name()))
		}
	}
	return strings.Join(names, ", ")
}

// durationRule says both ends where a field has both: the library reports them as
// one rule and hands out the lower.
func durationRule(v *protovalidate.Violation) string {
	rules, err := protovalidate.ResolveFieldRules(v.FieldDescriptor)
	if err != nil {
		return v.Proto.GetMessage()
	}
	least, most := rules.GetDuration().GetGte(), rules.GetDuration().GetLte()
	if least == nil || most == nil {
		return v.Proto.GetMessage()
	}
	return fmt.Sprintf("must be between %s and %s", least.AsDuration(), most.AsDuration())
}
