package auth

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// merchantIDs returns the ids of all merchants that a request names: in the
// resource names in its fields name, parent, merchant and connection, in the
// field name of a merchant or connection in it, and in its field merchant_id.
// An id that stands in no proper name is returned as it is; the handler refuses
// it.
func merchantIDs(request protoreflect.Message) []string {
	var ids []string
	fields := request.Descriptor().Fields()
	for _, field := range []protoreflect.Name{"name", "parent", "merchant", "connection"} {
		found := fields.ByName(field)
		if found == nil || found.IsList() || !request.Has(found) {
			continue
		}
		if found.Kind() == protoreflect.StringKind {
			ids = append(ids, merchantID(request.Get(found).String()))
		} else if found.Message() != nil {
			ids = append(ids, nameOf(request.Get(found).Message())...)
		}
	}
	if found := fields.ByName("merchant_id"); found != nil && found.Kind() == protoreflect.StringKind {
		ids = append(ids, request.Get(found).String())
	}
	return ids
}

func nameOf(message protoreflect.Message) []string {
	field := message.Descriptor().Fields().ByName("name")
	if field == nil || field.Kind() != protoreflect.StringKind || !message.Has(field) {
		return nil
	}
	return []string{merchantID(message.Get(field).String())}
}

// merchantID returns the id in a resource name below a merchant.
func merchantID(name string) string {
	rest, _ := strings.CutPrefix(name, "merchants/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}
