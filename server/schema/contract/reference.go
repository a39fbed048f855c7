package contract

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

const head = `# The plugin contract

"make proto" writes this from the comments of the proto files; edit those. [plugins.md](plugins.md) is the guide, and
has what comes before the first call: how a plugin is started and how it shakes hands.

The host is the client, the plugin the server, over gRPC on a socket. Every plugin serves ExtraInterfaceService, and one
or both of the others. A message has at most 8 MiB in either direction.
`

// ours are the files in the order of the reference: the contract, then the records.
func ours() []string {
	return []string{
		"spurline/plugin/v1/extra_interface_service.proto",
		"spurline/plugin/v1/tracking_forward_service.proto",
		"spurline/plugin/v1/order_copy_service.proto",
		"spurline/plugin/v1/delivery.proto",
		"spurline/plugin/v1/settings.proto",
		"spurline/commerce/v1/order.proto",
		"spurline/commerce/v1/line_item.proto",
		"spurline/commerce/v1/shipment.proto",
		"spurline/commerce/v1/address.proto",
		"spurline/commerce/v1/customer.proto",
		"spurline/commerce/v1/money.proto",
	}
}

// Reference returns the reference in Markdown.
func Reference(ctx context.Context) (string, error) {
	files, err := compile(ctx, ours())
	if err != nil {
		return "", err
	}
	p := &page{}
	p.WriteString(head)
	for _, file := range files {
		for i := range file.Services().Len() {
			p.service(file.Services().Get(i))
		}
	}
	var of protoreflect.FullName
	for _, file := range files {
		if file.Package() != of {
			of = file.Package()
			p.printf("\n## Messages of `%s`\n", of)
		}
		for i := range file.Messages().Len() {
			p.message(file.Messages().Get(i))
		}
		for i := range file.Enums().Len() {
			p.enum(file.Enums().Get(i))
		}
	}
	return p.String(), nil
}

// page is the text as it grows.
type page struct{ strings.Builder }

func (p *page) printf(format string, args ...any) { _, _ = fmt.Fprintf(p, format, args...) }

func (p *page) service(s protoreflect.ServiceDescriptor) {
	p.printf("\n## %s\n\n%s\n\n| method | takes | returns | what it does |\n|---|---|---|---|\n", s.FullName(), comment(s))
	for i := range s.Methods().Len() {
		m := s.Methods().Get(i)
		stream := ""
		if m.IsStreamingServer() {
			stream = "stream of "
		}
		p.printf("| `%s` | %s | %s%s | %s |\n", m.Name(), link(m.Input()), stream, link(m.Output()), comment(m))
	}
}

func (p *page) message(m protoreflect.MessageDescriptor) {
	if m.IsMapEntry() {
		return
	}
	p.printf("\n### %s\n\n%s\n", m.Name(), comment(m))
	if m.Fields().Len() == 0 {
		return
	}
	p.WriteString("\n| | field | type | |\n|---|---|---|---|\n")
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		p.printf("| %d | `%s` | %s | %s |\n", f.Number(), f.Name(), fieldType(f), comment(f))
	}
	for i := range m.Messages().Len() {
		p.message(m.Messages().Get(i))
	}
	for i := range m.Enums().Len() {
		p.enum(m.Enums().Get(i))
	}
}

func (p *page) enum(e protoreflect.EnumDescriptor) {
	p.printf("\n### %s\n\n%s\n\n| | value | |\n|---|---|---|\n", e.Name(), comment(e))
	for i := range e.Values().Len() {
		v := e.Values().Get(i)
		p.printf("| %d | `%s` | %s |\n", v.Number(), v.Name(), comment(v))
	}
}

// fieldType is the type as authors say it.
func fieldType(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return fmt.Sprintf("map of %s to %s", single(f.MapKey()), single(f.MapValue()))
	case f.IsList():
		return "list of " + single(f)
	case f.ContainingOneof() != nil && !f.ContainingOneof().IsSynthetic():
		return fmt.Sprintf("%s, one of `%s`", single(f), f.ContainingOneof().Name())
	case f.HasOptionalKeyword():
		return "optional " + single(f)
	default:
		return single(f)
	}
}

func single(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return link(f.Message())
	case protoreflect.EnumKind:
		return link(f.Enum())
	default:
		return f.Kind().String()
	}
}

// link leads to a message or enum of ours.
func link(d protoreflect.Descriptor) string {
	if !strings.HasPrefix(string(d.FullName()), "spurline.") {
		return "`" + string(d.FullName()) + "`"
	}
	return fmt.Sprintf("[%s](#%s)", d.Name(), strings.ToLower(string(d.Name())))
}

// comment is what stands before a declaration, in one line.
func comment(d protoreflect.Descriptor) string {
	text := d.ParentFile().SourceLocations().ByDescriptor(d).LeadingComments
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
