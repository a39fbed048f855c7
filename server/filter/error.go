package filter

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"cel.dev/cel-go/cel"
	"google.golang.org/protobuf/reflect/protoreflect"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
)

// Error says what is wrong with an expression.
type Error struct {
	// Line and Column tell where, both from 1; zero if the whole is meant.
	Line, Column int
	// Message says what is wrong and what to write instead.
	Message string
}

// Error writes position and message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

var undefinedField = regexp.MustCompile(`^undefined field '(.*)'$`)

// explain turns the first issue into an error that says what to write.
func explain(issues *cel.Issues) error {
	first := issues.Errors()[0]
	e := &Error{Line: first.Location.Line(), Column: first.Location.Column() + 1}
	switch message := firstLine(first.Message); {
	case strings.HasPrefix(message, "undeclared reference to"):
		e.Message = message + `; write "order" or "shipment" first, as in order.order_source == "amazon"`
	case undefinedField.MatchString(message):
		name := undefinedField.FindStringSubmatch(message)[1]
		e.Message = fmt.Sprintf("there is no field %q here; %s", name, fields())
	case strings.HasPrefix(message, "Syntax error"):
		e.Message = message + `; write an expression of CEL, as in order.order_source == "amazon"`
	case strings.HasPrefix(message, "found no matching overload"):
		e.Message = message + `; the two sides must have the same type: texts stand in quotation marks, ` +
			`and quantities and amounts are texts, as in double(order.totals.grand_total.amount) > 100.0`
	default:
		e.Message = message
	}
	return e
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func fields() string {
	return "order has " + names(&commercev1.Order{}) + "; shipment has " + names(&commercev1.Shipment{}) +
		"; shipment.parcels have " + names(&commercev1.Parcel{})
}

func names(m protoreflect.ProtoMessage) string {
	all := m.ProtoReflect().Descriptor().Fields()
	list := make([]string, 0, all.Len())
	for i := range all.Len() {
		list = append(list, string(all.Get(i).Name()))
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}
