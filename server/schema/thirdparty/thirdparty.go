// Package thirdparty prints the proto files that our own import and that are not
// ours. It depends on none of the generated Go, since that is generated with what
// it prints.
package thirdparty

import (
	"fmt"
	"os"
	"path/filepath"

	validatepb "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Files lists the files that are not ours and that not every protobuf compiler
// brings along: those our sources import, the details that errors carry, the health
// service, and what describes options, which protobufjs does not have of itself.
func Files() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{
		validatepb.File_buf_validate_validate_proto,
		statuspb.File_google_rpc_status_proto,
		errdetails.File_google_rpc_error_details_proto,
		healthpb.File_grpc_health_v1_health_proto,
		descriptorpb.File_google_protobuf_descriptor_proto,
	}
}

// Write prints Files below dir, at their import paths. Existing files are
// overwritten.
func Write(dir string) error {
	printer := &protoprint.Printer{}
	for _, file := range Files() {
		printable, err := withoutPredefined(file)
		if err != nil {
			return fmt.Errorf("print %s: %w", file.Path(), err)
		}
		path := filepath.Join(dir, filepath.FromSlash(file.Path()))
		if err := write(path, printer, printable); err != nil {
			return fmt.Errorf("print %s: %w", file.Path(), err)
		}
	}
	return nil
}

// withoutPredefined returns file without the expressions by which validators
// know the standard rules. Validators bring them along themselves, and
// protobufjs, which Node clients parse protos with, cannot parse them as they
// are printed.
func withoutPredefined(file protoreflect.FileDescriptor) (protoreflect.FileDescriptor, error) {
	description := protodesc.ToFileDescriptorProto(file)
	for _, message := range description.GetMessageType() {
		dropPredefined(message)
	}
	return protodesc.NewFile(description, protoregistry.GlobalFiles)
}

func dropPredefined(message *descriptorpb.DescriptorProto) {
	for _, field := range message.GetField() {
		if field.Options != nil {
			proto.ClearExtension(field.Options, validatepb.E_Predefined)
		}
	}
	for _, nested := range message.GetNestedType() {
		dropPredefined(nested)
	}
}

func write(path string, printer *protoprint.Printer, file protoreflect.FileDescriptor) error {
	text, err := printer.PrintProtoToString(file)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // These files are public.
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // These files are public.
}
