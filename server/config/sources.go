package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// maxFile bounds the configuration file.
const maxFile = 1 << 20

// source is one place settings come from. Its values are text, lists of text,
// or whatever a YAML file holds.
type source struct {
	values *koanf.Koanf
	// origin names the place of a setting in it.
	origin func(o option) string
}

func fromFlags(flags *pflag.FlagSet) (source, error) {
	values := koanf.New(".")
	provider := posflag.ProviderWithFlag(flags, ".", nil, func(flag *pflag.Flag) (string, any) {
		value, ours := flag.Value.(*flagValue)
		if !ours {
			return "", nil
		}
		return strings.ReplaceAll(flag.Name, "-", "_"), value.values
	})
	return source{
		values: values,
		origin: func(o option) string { return "flag --" + o.flag() },
	}, values.Load(provider, nil)
}

func fromEnvironment(environ []string) (source, error) {
	values := koanf.New(".")
	lists := map[string]bool{}
	for _, o := range options() {
		lists[o.key] = o.kind == kindList
	}
	provider := env.Provider("", env.Opt{
		Prefix:      environmentPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ToLower(strings.TrimPrefix(name, environmentPrefix))
			if lists[key] {
				return key, filepath.SplitList(value)
			}
			return key, value
		},
	})
	return source{
		values: values,
		origin: func(o option) string { return "environment variable " + o.environment() },
	}, values.Load(provider, nil)
}

// fromFile reads path; an empty path is an empty source.
func fromFile(path string) (source, error) {
	from := source{
		values: koanf.New("."),
		origin: func(option) string { return "file " + path },
	}
	if path == "" {
		return from, nil
	}
	text, err := readFile(path)
	if err != nil {
		return from, err
	}
	return from, from.values.Load(content(text), document{})
}

func readFile(path string) (text []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err = io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("larger than %s", showSize(maxFile))
	}
	return text, err
}

// content is a koanf provider of bytes that were read already.
type content []byte

func (c content) ReadBytes() ([]byte, error) { return c, nil }

func (c content) Read() (map[string]any, error) { return document{}.Unmarshal(c) }

// document is a koanf parser of YAML that takes nothing but one map, or nothing.
type document struct{}

func (document) Unmarshal(text []byte) (map[string]any, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var root yaml.Node
	if err := decoder.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil // An empty file holds no settings.
		}
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("must hold one YAML document and nothing after it")
	}
	var values map[string]any
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("must hold a YAML map from settings to values, for example: listen: 127.0.0.1:7465")
	}
	if err := root.Decode(&values); err != nil {
		return nil, err
	}
	return values, nil
}

func (document) Marshal(map[string]any) ([]byte, error) {
	return nil, errors.New("configuration is never written")
}
