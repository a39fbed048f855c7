package config_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/spurline/spurline/server/config"
)

func TestDefaultsNeedNothing(t *testing.T) {
	t.Parallel()
	got, err := load(t, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Defaults()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want.PluginDirs = []string{filepath.Dir(executable)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.DatabaseFile() != "spurline-data/spurline.db" {
		t.Errorf("DatabaseFile = %s", got.DatabaseFile())
	}
}

func TestEverySettingIsReadFromEverySource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string) string { return write(t, dir, name, "") }
	cert, key, authority, tokens := file("cert"), file("key"), file("ca"), file("tokens")
	settings := map[string]string{
		"listen": "0.0.0.0:1", "data_dir": dir, "plugin_dir": dir, "tokens_file": tokens, "plugin_without_tls": "acme",
		"metrics_listen": "127.0.0.1:2", "plugin_memory": "512MiB", "plugin_memory_of": "zoho=1GiB",
		"development": "true", "dev_attach": "zoho=/tmp/zoho",
		"tls_cert_file": cert, "tls_key_file": key, "tls_client_ca_file": authority,
		"sealing_key_file": key, "log_level": "debug", "log_format": "json", "max_message_bytes": "16MiB",
		"reflection": "false", "drain_grace": "1m", "attempt_timeout": "10s", "retry_first": "1s",
		"retry_longest": "2m", "retry_age": "24h", "backlog_limit": "1000", "backlog_share": "50",
		"traces_endpoint": "https://collector:4317", "traces_ratio": "0.25",
	}
	want := config.Config{
		Listen: "0.0.0.0:1", DataDir: dir, PluginDirs: []string{dir}, TokensFile: tokens,
		PluginsWithoutTLS: []string{"acme"},
		TLSCertFile:       cert, TLSKeyFile: key, TLSClientCAFile: authority,
		SealingKeyFile: key, LogLevel: slog.LevelDebug, LogFormat: config.LogJSON, MaxMessageBytes: 16 << 20,
		DrainGrace: time.Minute, AttemptTimeout: 10 * time.Second, RetryFirst: time.Second,
		RetryLongest: 2 * time.Minute, RetryAge: 24 * time.Hour,
		BacklogLimit: 1000, BacklogShare: 50, MetricsListen: "127.0.0.1:2",
		PluginMemory: 512 << 20, PluginMemoryOf: map[string]int64{"zoho": 1 << 30},
		TracesEndpoint: "https://collector:4317", TracesRatio: 0.25,
		Development: true, DevAttach: map[string]string{"zoho": "/tmp/zoho"},
	}
	var args, environ []string
	var document strings.Builder
	for name, value := range settings {
		args = append(args, "--"+strings.ReplaceAll(name, "_", "-")+"="+value)
		environ = append(environ, "SPURLINE_"+strings.ToUpper(name)+"="+value)
		document.WriteString(name + ": " + value + "\n")
	}
	path := write(t, dir, "spurline.yaml", document.String())
	for source, load := range map[string]func() (config.Config, error){
		"flags":                 func() (config.Config, error) { return load(t, args, nil) },
		"environment":           func() (config.Config, error) { return load(t, nil, environ) },
		"file by flag":          func() (config.Config, error) { return load(t, []string{"--config", path}, nil) },
		"file by environment":   func() (config.Config, error) { return load(t, nil, []string{"SPURLINE_CONFIG=" + path}) },
		"all of them, repeated": func() (config.Config, error) { return load(t, append(args, "--config="+path), environ) },
	} {
		got, err := load()
		if err != nil {
			t.Errorf("%s: %v", source, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", source, diff)
		}
	}
}

func TestFlagWinsOverEnvironmentOverFile(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "spurline.yaml", "drain_grace: 1s\nretry_first: 1s\nretry_age: 1s\n")
	got, err := load(t,
		[]string{"--config", path, "--drain-grace", "3s"},
		[]string{"SPURLINE_CONFIG=/absent", "SPURLINE_DRAIN_GRACE=2s", "SPURLINE_RETRY_FIRST=2s", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	if got.DrainGrace != 3*time.Second || got.RetryFirst != 2*time.Second || got.RetryAge != time.Second {
		t.Errorf("got %s, %s, %s; want 3s, 2s, 1s", got.DrainGrace, got.RetryFirst, got.RetryAge)
	}
}

func TestPluginDirsAreLists(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	path := write(t, first, "spurline.yaml", "plugin_dir: ["+first+", "+second+"]\n")
	for source, load := range map[string]func() (config.Config, error){
		"flags": func() (config.Config, error) {
			return load(t, []string{"--plugin-dir", first, "--plugin-dir", second}, nil)
		},
		"environment": func() (config.Config, error) {
			return load(t, nil, []string{"SPURLINE_PLUGIN_DIR=" + first + string(filepath.ListSeparator) + second})
		},
		"file": func() (config.Config, error) { return load(t, []string{"--config", path}, nil) },
	} {
		got, err := load()
		if diff := cmp.Diff([]string{first, second}, got.PluginDirs); err != nil || diff != "" {
			t.Errorf("%s: %v %s", source, err, diff)
		}
	}
}

func TestBooleanFlagNeedsNoValue(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "spurline.yaml", "reflection: false\n")
	got, err := load(t, []string{"--config", path, "--reflection"}, nil)
	if err != nil || !got.Reflection {
		t.Errorf("Reflection = %v, %v", got.Reflection, err)
	}
}

func TestUnknownVariablesAreReported(t *testing.T) {
	t.Parallel()
	got, err := load(t, nil, []string{
		"SPURLINE_LISTNE=127.0.0.1:1", "SPURLINE_LOG_LEVEL=warn", "HOME=/", "SPURLINE_PLUGIN_DIRS=/plugins",
		"SPURLINE_PLUGIN_WEBHOOK_ALLOW_NETWORKS=10.0.0.0/8", // It is the plugin's.
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"SPURLINE_LISTNE", "SPURLINE_PLUGIN_DIRS"}, got.UnknownEnvironment); diff != "" {
		t.Error(diff)
	}
}

// Promise P8: a secret in the configuration is in no text made of it.
func TestSecretsDoNotPrint(t *testing.T) {
	t.Parallel()
	const key = "c2VjcmV0"
	got, err := load(t, nil, []string{"SPURLINE_SEALING_KEY=" + key})
	if err != nil {
		t.Fatal(err)
	}
	if got.SealingKey.Reveal() != key {
		t.Error("the secret is not read")
	}
	var logged strings.Builder
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("settings", "settings", got, "key", got.SealingKey)
	for _, text := range []string{logged.String(), sprint("%v", got), sprint("%+v", got), sprint("%#v", got)} {
		if strings.Contains(text, key) {
			t.Errorf("the secret stands in %s", text)
		}
	}
	_, err = load(t, nil, []string{"SPURLINE_SEALING_KEY=" + key, "SPURLINE_SEALING_KEY_FILE=/absent"})
	if err == nil || strings.Contains(err.Error(), key) {
		t.Errorf("error = %v; want one without the secret", err)
	}
}

func load(t *testing.T, args, environ []string) (config.Config, error) {
	t.Helper()
	flags := pflag.NewFlagSet("spurline", pflag.ContinueOnError)
	config.Flags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load(flags, environ)
	if err != nil && !errors.As(err, new(config.Faults)) {
		t.Errorf("error is a %T, want Faults", err)
	}
	return got, err
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
