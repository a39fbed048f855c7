package schema

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	validatepb "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"github.com/jhump/protoreflect/v2/protoprint"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// thirdParty lists the imported files that are not ours and that no protobuf
// compiler brings along.
func thirdParty() []protoreflect.FileDescriptor {
	return []protoreflect.FileDescriptor{
		validatepb.File_buf_validate_validate_proto,
		statuspb.File_google_rpc_status_proto,
	}
}

// WriteThirdParty prints the third-party proto files that our own sources
// import below dir, at their import paths. Existing files are overwritten.
func WriteThirdParty(dir string) error {
	printer := &protoprint.Printer{}
	for _, file := range thirdParty() {
		path := filepath.Join(dir, filepath.FromSlash(file.Path()))
		err := writeFile(path, func(w io.Writer) error { return printer.PrintProtoFile(file, w) })
		if err != nil {
			return fmt.Errorf("print %s: %w", file.Path(), err)
		}
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
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
