package config

import (
	"log/slog"
	"strings"
	"time"
)

// option is one setting: its name, the words for it, and how text becomes its
// value in a Config.
type option struct {
	// key is its name in the file; flag and variable are spelt after it.
	key string
	// help is for the operator, without default and variable.
	help string
	kind kind
	// secret settings have no flag, because arguments are visible to every user
	// of the machine.
	secret bool
	// set parses values, one unless the kind is a list. Its error is the rule.
	set func(c *Config, values []string) error
	// show is the inverse of set, for one value or none.
	show func(c *Config) string
}

func (o option) flag() string        { return strings.ReplaceAll(o.key, "_", "-") }
func (o option) environment() string { return environmentPrefix + strings.ToUpper(o.key) }

const environmentPrefix = "SPURLINE_"

// options is the table of all settings, in the order of the help.
func options() []option {
	return []option{
		text("listen", "address of the gRPC API, `host:port`; other than loopback only with TLS and tokens",
			func(c *Config) *string { return &c.Listen }),
		text("data_dir", "`folder` of the embedded store, made if it does not exist",
			func(c *Config) *string { return &c.DataDir }),
		list("plugin_dir", "`folder` with plugins; may be repeated (default: that of the executable)",
			func(c *Config) *[]string { return &c.PluginDirs }),
		list("plugin_without_tls", "`name` of a plugin whose language cannot do the one-time TLS of the handshake; its "+
			"socket is still in a folder that only the server's user can enter; may be repeated",
			func(c *Config) *[]string { return &c.PluginsWithoutTLS }),
		size("plugin_memory", "most memory of a plugin's process, `bytes` or with a unit; one that has more is ended",
			func(c *Config) *int { return &c.PluginMemory }, leastPluginMemory, mostPluginMemory),
		pairs("plugin_memory_of", "most memory of one plugin's process, `name=bytes`; may be repeated",
			func(c *Config) *map[string]int64 { return &c.PluginMemoryOf }, pluginMemory),
		boolean("development", "allow what is for development only, such as dev_attach",
			func(c *Config) *bool { return &c.Development }),
		pairs("dev_attach", "use a plugin that you run yourself, `name=line`: the handshake line that it prints, or its "+
			"address; may be repeated, only with development",
			func(c *Config) *map[string]string { return &c.DevAttach }, notEmpty),

		text("tokens_file", "`file` with the callers and their roles, see \"spurline token new\"",
			func(c *Config) *string { return &c.TokensFile }),
		text("tls_cert_file", "`file` with the server's certificate and its chain, PEM",
			func(c *Config) *string { return &c.TLSCertFile }),
		text("tls_key_file", "`file` with the key of the certificate, PEM",
			func(c *Config) *string { return &c.TLSKeyFile }),
		text("tls_client_ca_file", "`file` with the authorities that client certificates must come from, PEM",
			func(c *Config) *string { return &c.TLSClientCAFile }),

		secret("sealing_key", "key set that seals secrets, as JSON or base64; better use sealing_key_file",
			func(c *Config) *Secret { return &c.SealingKey }),
		text("sealing_key_file", "`file` with the key set that seals secrets, see \"spurline key new\"; "+
			"or put the key set itself into SPURLINE_SEALING_KEY",
			func(c *Config) *string { return &c.SealingKeyFile }),

		text("metrics_listen", "address of the metrics, `host:port`, for everybody who reaches it; off for none",
			func(c *Config) *string { return &c.MetricsListen }),
		text("traces_endpoint", "`URL` of a collector that takes spans by OTLP over gRPC, such as http://127.0.0.1:4317; "+
			"https for TLS (default: none, no spans are recorded)",
			func(c *Config) *string { return &c.TracesEndpoint }),
		ratio("traces_ratio", "`share` of submissions without a trace that begin one, from 0 to 1; those whose caller "+
			"records a trace are in it anyway",
			func(c *Config) *float64 { return &c.TracesRatio }),
		level("log_level", "lowest `level` of log lines: debug, info, warn or error",
			func(c *Config) *slog.Level { return &c.LogLevel }),
		choice("log_format", "`format` of log lines: text, json, or auto for text on a terminal and json otherwise",
			func(c *Config) *LogFormat { return &c.LogFormat }, LogAuto, LogText, LogJSON),

		size("max_message_bytes", "largest request, `bytes` or with a unit such as 8MiB",
			func(c *Config) *int { return &c.MaxMessageBytes }, 2<<20, 256<<20),
		boolean("reflection", "let tools like grpcurl ask the API for its services",
			func(c *Config) *bool { return &c.Reflection }),
		duration("drain_grace", "`time` that calls and attempts under way get when the server stops",
			func(c *Config) *time.Duration { return &c.DrainGrace }, time.Second, time.Hour),

		number("backlog_limit", "most open deliveries, `number`; above it only merchants with less than the average get in",
			func(c *Config) *int64 { return &c.BacklogLimit }, 1, 1_000_000_000_000),
		number("backlog_share", "most open deliveries of one merchant, `percent` of backlog_limit",
			func(c *Config) *int { return &c.BacklogShare }, 1, 100),

		duration("attempt_timeout", "`time` that a plugin has for one delivery",
			func(c *Config) *time.Duration { return &c.AttemptTimeout }, time.Second, 10*time.Minute),
		duration("retry_first", "longest first `wait` of a delivery that failed for now; it doubles with each attempt",
			func(c *Config) *time.Duration { return &c.RetryFirst }, 10*time.Millisecond, time.Hour),
		duration("retry_longest", "longest `wait` between two attempts",
			func(c *Config) *time.Duration { return &c.RetryLongest }, 10*time.Millisecond, 24*time.Hour),
		duration("retry_age", "`time` after which a delivery that keeps failing is given up",
			func(c *Config) *time.Duration { return &c.RetryAge }, time.Second, 30*24*time.Hour),
	}
}
