package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/spurline/spurline/server/config"
)

func TestEachFaultNamesSettingSourceAndRule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	here := write(t, dir, "here", "")
	for _, test := range []struct {
		name    string
		args    []string
		environ []string
		file    string
		want    []string
	}{
		{
			name: "address without port", args: []string{"--listen=127.0.0.1"},
			want: []string{"listen (flag --listen)", "host:port"},
		},
		{
			name: "port too high", environ: []string{"SPURLINE_LISTEN=127.0.0.1:70000"},
			want: []string{"listen (environment variable SPURLINE_LISTEN)", "host:port"},
		},
		{
			name: "open to all", file: "listen: 0.0.0.0:7465",
			want: []string{"listen (file ", "tls_cert_file, tls_key_file and tokens_file"},
		},
		{name: "open to all by empty host", args: []string{"--listen=:7465"}, want: []string{"127.0.0.1"}},
		{
			name: "metrics without port", args: []string{"--metrics-listen=127.0.0.1"},
			want: []string{"metrics_listen (flag --metrics-listen)", "off, or host:port"},
		},
		{
			name: "metrics where the API is", args: []string{"--listen=[::1]:7", "--metrics-listen=[::1]:7"},
			want: []string{"metrics_listen (flag", "another port"},
		},
		{
			name: "traces to nowhere", args: []string{"--traces-ratio=0.5"},
			want: []string{"traces_ratio (flag", "traces_endpoint"},
		},
		{
			name: "more than all traces", args: []string{"--traces-ratio=1.1"},
			want: []string{"traces_ratio (flag", "0 to 1"},
		},
		{
			name: "no number of traces", args: []string{"--traces-ratio=NaN"},
			want: []string{"traces_ratio (flag", "0 to 1"},
		},
		{
			name: "collector without scheme", args: []string{"--traces-endpoint=127.0.0.1:4317"},
			want: []string{"traces_endpoint (flag", "http://127.0.0.1:4317"},
		},
		{
			name: "collector with a path", args: []string{"--traces-endpoint=http://127.0.0.1:4318/v1/traces"},
			want: []string{"traces_endpoint (flag", "nothing else"},
		},
		{name: "open to all by name", args: []string{"--listen=example.com:7465"}, want: []string{"127.0.0.1"}},
		{
			name: "open without tokens",
			args: []string{"--listen=:1", "--tls-cert-file=" + here, "--tls-key-file=" + here},
			want: []string{"listen (flag", "tokens_file"},
		},
		{
			name: "certificate without key", args: []string{"--tls-cert-file=" + here},
			want: []string{"tls_cert_file (flag", "needs tls_key_file"},
		},
		{
			name: "key without certificate", args: []string{"--tls-key-file=" + here},
			want: []string{"tls_key_file (flag", "needs tls_cert_file"},
		},
		{
			name: "client authority without certificate", args: []string{"--tls-client-ca-file=" + here},
			want: []string{"tls_client_ca_file (flag", "needs tls_cert_file"},
		},
		{
			name: "absent file", args: []string{"--tokens-file=" + dir + "/absent"},
			want: []string{"tokens_file (flag", "no such file"},
		},
		{
			name: "folder for file", args: []string{"--sealing-key-file=" + dir},
			want: []string{"sealing_key_file (flag", "is a folder"},
		},
		{name: "file for folder", args: []string{"--data-dir=" + here}, want: []string{"data_dir (flag", "is a file"}},
		{
			name: "absent plugin folder", args: []string{"--plugin-dir=" + dir + "/absent"},
			want: []string{"plugin_dir (flag", "no such file"},
		},
		{
			name: "no unit", args: []string{"--drain-grace=20"},
			want: []string{"drain_grace (flag --drain-grace)", `"20"`, "90s"},
		},
		{name: "too long", args: []string{"--attempt-timeout=1h"}, want: []string{"from 1s to 10m"}},
		{name: "too small", args: []string{"--max-message-bytes=1KiB"}, want: []string{"from 2MiB to 256MiB"}},
		{name: "no number", args: []string{"--backlog-limit=20M"}, want: []string{"whole number from 1 to"}},
		{name: "over 100 per cent", args: []string{"--backlog-share=101"}, want: []string{"from 1 to 100"}},
		{name: "no boolean", environ: []string{"SPURLINE_REFLECTION=yes"}, want: []string{"true or false"}},
		{
			name: "attach without development", args: []string{"--dev-attach=zoho=/tmp/zoho"},
			want: []string{"dev_attach (flag", "set development too"},
		},
		{name: "no pair", args: []string{"--plugin-memory-of=1GiB"}, want: []string{"name=value"}},
		{
			name: "pair twice", args: []string{"--plugin-memory-of=a=1GiB", "--plugin-memory-of=a=2GiB"},
			want: []string{"each name once"},
		},
		{name: "no size in pair", args: []string{"--plugin-memory-of=a=1"}, want: []string{"of a: must be a number"}},
		{name: "no level", args: []string{"--log-level=loud"}, want: []string{"debug, info, warn or error"}},
		{name: "no format", args: []string{"--log-format=xml"}, want: []string{"auto", "text", "json"}},
		{
			name: "longest below first", args: []string{"--retry-first=2m", "--retry-longest=1m"},
			want: []string{"retry_longest (flag", "shorter than retry_first"},
		},
		{name: "empty", environ: []string{"SPURLINE_DATA_DIR="}, want: []string{"data_dir", "must not be empty"}},
		{name: "empty in file", file: "data_dir:", want: []string{"data_dir (file", "must not be empty"}},
		{name: "list for value", file: "data_dir: [a, b]", want: []string{"data_dir (file", "one value"}},
		{name: "map for value", file: "data_dir: {a: b}", want: []string{"data_dir (file", "plain value"}},
		{name: "map in list", file: "plugin_dir: [{a: b}]", want: []string{"plugin_dir (file", "plain value"}},
		{name: "unknown key", file: "lisen: x", want: []string{"lisen (file", "is not a setting", "--help"}},
		{name: "unknown group", file: "tls: {cert: x}", want: []string{"tls.cert (file", "is not a setting"}},
		{name: "no YAML", file: "listen: [", want: []string{"spurline.yaml", "line 1"}},
		{name: "no map", file: "hello", want: []string{"must hold a YAML map"}},
		{name: "twice", file: "listen: a\nlisten: b", want: []string{"already defined"}},
		{name: "two documents", file: "listen: 127.0.0.1:1\n---\nlisten: x", want: []string{"one YAML document"}},
		{name: "too large", file: "#" + strings.Repeat("x", 1<<20), want: []string{"larger than"}},
		{
			name: "absent configuration", args: []string{"--config=/absent/spurline.yaml"},
			want: []string{"file /absent/spurline.yaml", "no such file"},
		},
		{
			name: "empty configuration path", environ: []string{"SPURLINE_CONFIG="},
			want: []string{"config (environment variable SPURLINE_CONFIG)", "path of a YAML file"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			args := test.args
			if test.file != "" {
				args = append(args, "--config", write(t, t.TempDir(), "spurline.yaml", test.file))
			}
			got, err := load(t, args, test.environ)
			if err == nil {
				t.Fatalf("accepted: %+v", got)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "spurline.yaml", "unknown: 1\ndrain_grace: soon\n")
	_, err := load(t, []string{"--config", path, "--listen", "0.0.0.0:1", "--log-level", "loud"},
		[]string{"SPURLINE_RETRY_AGE=never"})
	want := []string{"configuration has 5 faults", "unknown", "drain_grace", "listen", "log_level", "retry_age"}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %q", err, part)
		}
	}
}

func TestLoopbackNeedsNoCredential(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:0", "127.8.0.1:1", "[::1]:1", "localhost:1"} {
		if _, err := load(t, []string{"--listen", address}, nil); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestHelpTeachesEverySettingButSecretsHaveNoFlag(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("spurline", pflag.ContinueOnError)
	config.Flags(flags)
	help := flags.FlagUsages()
	for _, want := range []string{
		"--listen host:port", "SPURLINE_LISTEN", "127.0.0.1:7465", "--max-message-bytes bytes", "8MiB",
		"--drain-grace time", "20s", "--retry-age time", "72h", "--config file", "SPURLINE_CONFIG", "--reflection",
		"--backlog-limit number", "20000000", "--backlog-share percent",
	} {
		if !strings.Contains(help, want) {
			t.Errorf("the help does not say %q:\n%s", want, help)
		}
	}
	if flags.Lookup("sealing-key") != nil {
		t.Error("a secret has a flag")
	}
}

func sprint(format string, value any) string { return fmt.Sprintf(format, value) }
