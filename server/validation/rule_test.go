package validation

import (
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/spurline/spurline/proto/spurline/api/v1" // Registers the messages.
)

// A pattern that is not in the table would reach callers as a regular expression.
func TestEveryPatternIsSaidInWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, pkg := range []protoreflect.FullName{"spurline.api.v1", "spurline.commerce.v1"} {
		protoregistry.GlobalFiles.RangeFilesByPackage(pkg, func(file protoreflect.FileDescriptor) bool {
			for i := range file.Messages().Len() {
				collect(t, file.Messages().Get(i), seen)
			}
			return true
		})
	}
	if len(seen) == 0 {
		t.Fatal("no pattern found")
	}
	for pattern := range seen {
		if patterns[pattern] == "" {
			t.Errorf("pattern %s is not said in words", pattern)
		}
	}
	for pattern := range patterns {
		if !seen[pattern] {
			t.Errorf("pattern %s is not used any more", pattern)
		}
	}
}

func collect(t *testing.T, message protoreflect.MessageDescriptor, seen map[string]bool) {
	t.Helper()
	for i := range message.Fields().Len() {
		rules, err := protovalidate.ResolveFieldRules(message.Fields().Get(i))
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range []string{
			rules.GetString().GetPattern(), rules.GetRepeated().GetItems().GetString().GetPattern(),
		} {
			if pattern != "" {
				seen[pattern] = true
			}
		}
	}
}
