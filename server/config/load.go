package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Load returns the settings that flags, environ and the file that one of them
// names make together, over Defaults. flags must have been through Flags and
// parsed; environ is in the form of os.Environ. The error is of type Faults and
// holds everything that is wrong.
func Load(flags *pflag.FlagSet, environ []string) (Config, error) {
	loader := &loader{config: Defaults(), origins: map[string]string{}}
	fromFlags, err := fromFlags(flags)
	loader.fault("flags", err)
	fromEnvironment, err := fromEnvironment(environ)
	loader.fault("environment", err)
	path := loader.path(fromFlags, fromEnvironment)
	fromFile, err := fromFile(path)
	loader.fault("file "+path, err)

	for _, from := range []source{fromFile, fromEnvironment, fromFlags} {
		loader.apply(from)
	}
	loader.unknownKeys(fromFile, path)
	loader.config.UnknownEnvironment = unknownVariables(fromEnvironment)
	loader.pluginDirs()
	loader.faults = append(loader.faults, check(&loader.config, loader.origins)...)
	if len(loader.faults) > 0 {
		return Config{}, loader.faults
	}
	return loader.config, nil
}

// loader gathers settings, where they came from, and faults.
type loader struct {
	config  Config
	origins map[string]string
	faults  Faults
}

func (l *loader) fault(origin string, err error) {
	if err != nil {
		l.faults = append(l.faults, Fault{Origin: origin, Rule: err.Error()})
	}
}

// path returns the configuration file that the first source to name one names.
func (l *loader) path(sources ...source) string {
	for _, from := range sources {
		if !from.values.Exists(configKey) {
			continue
		}
		path, err := values(from.values.Get(configKey))
		if err == nil && len(path) == 1 && path[0] != "" {
			return path[0]
		}
		l.faults = append(l.faults, Fault{
			Key: configKey, Origin: from.origin(option{key: configKey}), Rule: "must be the path of a YAML file",
		})
		return ""
	}
	return ""
}

// apply lays a source over what was applied before.
func (l *loader) apply(from source) {
	for _, o := range options() {
		if !from.values.Exists(o.key) {
			continue
		}
		given, err := values(from.values.Get(o.key))
		if err == nil {
			err = o.set(&l.config, given)
		}
		l.origins[o.key] = from.origin(o)
		if err != nil {
			l.faults = append(l.faults, Fault{Key: o.key, Origin: from.origin(o), Rule: rule(o, given, err)})
		}
	}
}

// rule tells the value with the rule it breaks, unless it is a secret.
func rule(o option, given []string, err error) string {
	const most = 80
	if o.secret || len(given) != 1 || given[0] == "" || len(given[0]) > most {
		return err.Error()
	}
	return fmt.Sprintf("%q %s", given[0], err)
}

// values returns what a source holds for a setting as text.
func values(held any) ([]string, error) {
	switch held := held.(type) {
	case []string:
		return held, nil
	case []any:
		var all []string
		for _, element := range held {
			one, err := values(element)
			if err != nil || len(one) != 1 {
				return nil, fmt.Errorf("must be a plain value or a list of plain values")
			}
			all = append(all, one[0])
		}
		return all, nil
	case string, bool, int, int64, uint64, float64:
		return []string{fmt.Sprint(held)}, nil
	case nil:
		return []string{""}, nil
	}
	return nil, fmt.Errorf("must be a plain value; put text that YAML reads otherwise in quotes")
}

func (l *loader) unknownKeys(from source, path string) {
	known := knownKeys()
	for _, key := range from.values.Keys() {
		if slices.Contains(known, key) || belongsTo(key, known) {
			continue
		}
		l.faults = append(l.faults, Fault{
			Key: key, Origin: "file " + path,
			Rule: `is not a setting; "spurline serve --help" lists them, here with _ for -`,
		})
	}
}

// belongsTo tells whether key lies below a known one, which has its fault already.
func belongsTo(key string, known []string) bool {
	parent, _, nested := strings.Cut(key, ".")
	return nested && slices.Contains(known, parent)
}

func unknownVariables(from source) []string {
	known := append(knownKeys(), configKey)
	var unknown []string
	for _, key := range from.values.Keys() {
		if !slices.Contains(known, key) && !forPlugin(key) {
			unknown = append(unknown, environmentPrefix+strings.ToUpper(key))
		}
	}
	return unknown
}

// forPlugin says that a variable may be for a plugin: SPURLINE_PLUGIN_ and the name of
// the plugin stand before its own name.
func forPlugin(key string) bool {
	rest, ok := strings.CutPrefix(key, "plugin_")
	plugin, own, named := strings.Cut(rest, "_")
	return ok && named && plugin != "" && own != ""
}

func knownKeys() []string {
	var keys []string
	for _, o := range options() {
		keys = append(keys, o.key)
	}
	return keys
}

func (l *loader) pluginDirs() {
	if len(l.config.PluginDirs) > 0 {
		return
	}
	executable, err := os.Executable()
	if err == nil {
		executable, err = filepath.EvalSymlinks(executable)
	}
	if err != nil {
		l.faults = append(l.faults, Fault{
			Key: "plugin_dir", Rule: "the folder of the executable cannot be found (" + err.Error() + "); set it",
		})
		return
	}
	l.config.PluginDirs = []string{filepath.Dir(executable)}
}
