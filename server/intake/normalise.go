package intake

import "google.golang.org/protobuf/reflect/protoreflect"

// normalise clears optional texts that are empty and unknown fields, throughout
// the message: an empty text says nothing, and content that says the same must
// have the same hash.
func normalise(m protoreflect.Message) {
	m.SetUnknown(nil)
	m.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap():
			if field.MapValue().Message() != nil {
				value.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					normalise(v.Message())
					return true
				})
			}
		case field.Message() != nil && field.IsList():
			list := value.List()
			for i := range list.Len() {
				normalise(list.Get(i).Message())
			}
		case field.Message() != nil:
			normalise(value.Message())
		case field.Kind() == protoreflect.StringKind && field.HasPresence() && value.String() == "":
			m.Clear(field)
		}
		return true
	})
}
