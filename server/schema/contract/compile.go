package contract

import (
	"context"
	"fmt"
	"io"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/spurline/spurline/proto"
	"github.com/spurline/spurline/server/schema/thirdparty"
)

// compile reads our proto files with their comments, which the generated code does
// not keep.
func compile(ctx context.Context, paths []string) ([]protoreflect.FileDescriptor, error) {
	compiler := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(protocompile.CompositeResolver{
			&protocompile.SourceResolver{Accessor: func(path string) (io.ReadCloser, error) { return proto.Sources.Open(path) }},
			protocompile.ResolverFunc(findThirdParty),
		}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(ctx, paths...)
	if err != nil {
		return nil, fmt.Errorf("read proto files: %w", err)
	}
	files := make([]protoreflect.FileDescriptor, 0, len(compiled))
	for _, path := range paths { // In our order.
		files = append(files, compiled.FindFileByPath(path))
	}
	return files, nil
}

func findThirdParty(path string) (protocompile.SearchResult, error) {
	for _, file := range thirdparty.Files() {
		if file.Path() == path {
			return protocompile.SearchResult{Proto: protodesc.ToFileDescriptorProto(file)}, nil
		}
	}
	return protocompile.SearchResult{}, fmt.Errorf("there is no %s", path)
}
