package schema

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	validatepb "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// thirdParty lists the files that are not ours and that no protobuf compiler
// brings along: those our sources import, and the details that errors carry.
func thirdParty() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{
		validatepb.File_buf_validate_validate_proto,
		statuspb.File_google_rpc_status_proto,
		errdetails.File_google_rpc_error_details_proto,
	}
}

// WriteThirdParty prints the third-party proto files below dir, at their import
// paths. Existing files are overwritten.
func WriteThirdParty(dir string) error {
	printer := &protoprint.Printer{}
	for _, file := range thirdParty() {
		printable, err := withoutPredefined(file)
		if err != nil {
			return fmt.Errorf("print %s: %w", file.Path(), err)
		}
		path := filepath.Join(dir, filepath.FromSlash(file.Path()))
		err = writeFile(path, func(w io.Writer) error { return printer.PrintProtoFile(printable, w) })
		if err != nil {
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

func writeFile(path string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // These files are public.
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	return write(f)
}
