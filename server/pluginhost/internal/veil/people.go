package veil

import (
	"iter"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// aboutPeople are the messages whose texts are data of customers.
var aboutPeople = map[protoreflect.FullName]bool{
	"spurline.commerce.v1.Customer": true,
	"spurline.commerce.v1.Address":  true,
	"spurline.commerce.v1.Note":     true,
}

// shortestExtra is how long a value of an extra field is at least that is masked: shorter
// ones are mostly words like "true".
const shortestExtra = 8

// peopleIn yields the data of customers in a request.
func peopleIn(request proto.Message) iter.Seq[string] {
	return func(yield func(string) bool) { walk(request.ProtoReflect(), yield) }
}

// walk says whether to go on.
func walk(m protoreflect.Message, yield func(string) bool) (more bool) {
	more = true
	about := aboutPeople[m.Descriptor().FullName()]
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		each := func(v protoreflect.Value) bool {
			switch {
			case field.Kind() == protoreflect.MessageKind:
				return walk(v.Message(), yield)
			case about && field.Kind() == protoreflect.StringKind && tellsOfSomebody(field.Name()):
				return yield(v.String())
			}
			return true
		}
		switch {
		case field.IsMap():
			if strings.HasSuffix(string(field.Name()), "extra_fields") {
				more = walkExtra(value.Map(), yield)
			}
		case field.IsList():
			for i := range value.List().Len() {
				if more = each(value.List().Get(i)); !more {
					break
				}
			}
		default:
			more = each(value)
		}
		return more
	})
	return more
}

func walkExtra(fields protoreflect.Map, yield func(string) bool) (more bool) {
	more = true
	fields.Range(func(_ protoreflect.MapKey, value protoreflect.Value) bool {
		if text := value.String(); len(text) >= shortestExtra {
			more = yield(text)
		}
		return more
	})
	return more
}

// tellsOfSomebody is not so of countries and languages.
func tellsOfSomebody(field protoreflect.Name) bool {
	return field != "country_code" && field != "language_code"
}
