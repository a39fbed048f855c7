package schema_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/spurline/spurline/server/schema"
)

func TestExportedDescriptorSetIsComplete(t *testing.T) {
	t.Parallel()
	dir := export(t)
	coded, err := os.ReadFile(filepath.Join(dir, schema.DescriptorSet))
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(coded, &set); err != nil {
		t.Fatal(err)
	}
	files, err := protodesc.NewFiles(&set) // Fails if an import is missing.
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []protoreflect.FullName{
		"spurline.api.v1.IntakeService", "spurline.commerce.v1.Order", "spurline.plugin.v1.TrackingForwardService",
		"google.rpc.ErrorInfo", "google.rpc.Status", "buf.validate.FieldRules", "google.protobuf.Timestamp",
	} {
		if _, err := files.FindDescriptorByName(name); err != nil {
			t.Error(err)
		}
	}
}

func TestExportedSourcesStandAlone(t *testing.T) {
	t.Parallel()
	buf, err := filepath.Abs("../../.tmp/bin/buf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(buf); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("buf is not built; run: make tools")
		}
		t.Skip("buf is not built; run: make tools")
	}
	dir := export(t)
	build := exec.CommandContext(t.Context(), buf, "build", dir, "-o", filepath.Join(t.TempDir(), "built.binpb"))
	build.Dir = dir
	if output, err := build.CombinedOutput(); err != nil {
		t.Errorf("buf build: %v\n%s", err, output)
	}
}

// protobufjs parses sources and has few files of google/protobuf in it.
func TestExportedSourcesHaveAllImportsForProtobufjs(t *testing.T) {
	t.Parallel()
	dir := export(t)
	brought := []string{"any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".proto" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, imported := range importOf.FindAllStringSubmatch(string(text), -1) {
			name, common := strings.CutPrefix(strings.TrimSuffix(imported[1], ".proto"), "google/protobuf/")
			if common && slices.Contains(brought, name) {
				continue
			}
			if _, missing := os.Stat(filepath.Join(dir, imported[1])); missing != nil {
				t.Errorf("%s imports %s: %v", path, imported[1], missing)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

var importOf = regexp.MustCompile(`(?m)^import (?:public |weak )?"([^"]+)";`)

func TestExportedSourcesAreOurOwnWithTheirComments(t *testing.T) {
	t.Parallel()
	dir := export(t)
	for _, name := range []string{
		"spurline/api/v1/intake_service.proto", "spurline/commerce/v1/order.proto",
		"spurline/plugin/v1/extra_interface_service.proto",
	} {
		want, err := os.ReadFile(filepath.Join("../../proto", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s differs from its source: %v", name, err)
		}
	}
}

func TestExportSaysWhatItCannotWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := schema.Export(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("Export = %v", err)
	}
}

func export(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := schema.Export(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}
