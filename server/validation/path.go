package validation

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spurline/spurline/server/fault"
)

// maxKey is how much of a map's key a path shows.
const maxKey = 64

// path writes where a violation is, as "order.line_items[3].quantity" or
// "connection.settings[api_generation]", in a message of that type. A oneof is no field
// that a caller could set, so the first of its fields stands for it.
func path(of protoreflect.MessageDescriptor, v *protovalidate.Violation) string {
	elements := v.Proto.GetField().GetElements()
	oneof := oneofAt(of, v)
	var b strings.Builder
	for i, element := range elements {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if oneof != nil && i == len(elements)-1 {
			b.WriteString(string(oneof.Fields().Get(0).Name()))
			break
		}
		b.WriteString(element.GetFieldName())
		switch at := element.GetSubscript().(type) {
		case *validate.FieldPathElement_Index:
			fmt.Fprintf(&b, "[%d]", at.Index)
		case *validate.FieldPathElement_StringKey:
			fmt.Fprintf(&b, "[%s]", Key(at.StringKey))
		case *validate.FieldPathElement_IntKey:
			fmt.Fprintf(&b, "[%d]", at.IntKey)
		case *validate.FieldPathElement_UintKey:
			fmt.Fprintf(&b, "[%d]", at.UintKey)
		case *validate.FieldPathElement_BoolKey:
			fmt.Fprintf(&b, "[%t]", at.BoolKey)
		}
	}
	return b.String()
}

// Key returns the key of a map as paths show it: short and printable.
func Key(key string) string {
	if utf8.RuneCountInString(key) > maxKey {
		key = string([]rune(key)[:maxKey]) + "…"
	}
	quoted := strconv.Quote(key)
	return quoted[1 : len(quoted)-1]
}

// maxViolations bounds what an error names. Errors travel in header frames, of
// which some clients take no more than 8 KiB.
const maxViolations = 40

// bounded cuts a list of violations and says how many were cut.
func bounded(violations []fault.Violation, prefix string) []fault.Violation {
	if len(violations) <= maxViolations {
		return violations
	}
	more := len(violations) - maxViolations
	return append(violations[:maxViolations:maxViolations], fault.Violation{
		Field: prefix, Rule: fmt.Sprintf("breaks rules in %d more places; correct these first", more),
	})
}
