package schema

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	protobuf "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/spurline/spurline/proto"
	_ "github.com/spurline/spurline/proto/spurline/api/v1"    // The descriptors of the embedded sources.
	_ "github.com/spurline/spurline/proto/spurline/plugin/v1" // The descriptors of the embedded sources.
	"github.com/spurline/spurline/server/schema/thirdparty"
)

// DescriptorSet is the name of the descriptor set that Export writes.
const DescriptorSet = "spurline.binpb"

// Export writes below dir what a client in any language is made from: our proto
// sources with their comments, the third-party files, and a descriptor set of
// all that, DescriptorSet. Of google/protobuf, what comes with every protobuf compiler
// is in the set only. Existing files are overwritten.
func Export(dir string) error {
	if err := writeSources(dir); err != nil {
		return fmt.Errorf("export protos: %w", err)
	}
	if err := thirdparty.Write(dir); err != nil {
		return fmt.Errorf("export protos: %w", err)
	}
	if err := writeDescriptorSet(filepath.Join(dir, DescriptorSet)); err != nil {
		return fmt.Errorf("export protos: %w", err)
	}
	return nil
}

func writeSources(dir string) error {
	return eachSource(func(path string) error {
		text, err := fs.ReadFile(proto.Sources, path)
		if err != nil {
			return err
		}
		return writeFile(filepath.Join(dir, filepath.FromSlash(path)), text)
	})
}

// eachSource calls do for the path of each of our sources, in order.
func eachSource(do func(path string) error) error {
	return fs.WalkDir(proto.Sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return do(path)
	})
}

func writeDescriptorSet(path string) error {
	set := &descriptorSet{seen: map[string]bool{}}
	err := eachSource(func(path string) error {
		file, err := protoregistry.GlobalFiles.FindFileByPath(path)
		if err != nil {
			return fmt.Errorf("describe %s: %w", path, err)
		}
		set.add(file)
		return nil
	})
	if err != nil {
		return err
	}
	for _, file := range thirdparty.Files() {
		set.add(file)
	}
	text, err := protobuf.MarshalOptions{Deterministic: true}.Marshal(&set.files)
	if err != nil {
		return err
	}
	return writeFile(path, text)
}

// descriptorSet gathers files, each once and after those it imports.
type descriptorSet struct {
	files descriptorpb.FileDescriptorSet
	seen  map[string]bool
}

func (s *descriptorSet) add(file protoreflect.FileDescriptor) {
	if s.seen[file.Path()] {
		return
	}
	s.seen[file.Path()] = true
	imports := file.Imports()
	for i := range imports.Len() {
		s.add(imports.Get(i).FileDescriptor)
	}
	s.files.File = append(s.files.File, protodesc.ToFileDescriptorProto(file))
}

func writeFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // These files are public.
		return err
	}
	return os.WriteFile(path, text, 0o644) //nolint:gosec // These files are public.
}
