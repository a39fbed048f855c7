package config

import (
	"log/slog"
	"path/filepath"
	"time"
)

// Config is what an operator sets, complete and checked. See the table in
// options.go for the words that an operator reads.
type Config struct {
	// Listen is the address of the API: host and port. Port 0 takes a free one.
	Listen string
	// DataDir holds the embedded store and what else must outlive the process.
	DataDir string
	// PluginDirs are searched for plugins, the first one first.
	PluginDirs []string
	// PluginsWithoutTLS names plugins that are spoken to without one-time TLS.
	PluginsWithoutTLS []string
	// PluginMemory is how many bytes a plugin's process may have, PluginMemoryOf that of
	// single plugins by name.
	PluginMemory   int
	PluginMemoryOf map[string]int64
	// Development allows what is for development only.
	Development bool
	// DevAttach are plugins that somebody else runs, with a debugger for example: the
	// handshake line or the address of each, by name. Only with Development.
	DevAttach map[string]string

	// SealingKey is the key set itself; SealingKeyFile is a file with it. At
	// most one of them is set.
	SealingKey     Secret
	SealingKeyFile string

	// TokensFile names the callers. Empty: every caller may do everything, which
	// is refused unless Listen is a loopback address.
	TokensFile string

	// TLSCertFile and TLSKeyFile are set both or neither, PEM.
	TLSCertFile string
	TLSKeyFile  string
	// TLSClientCAFile has the authorities that client certificates must come
	// from. Empty: none is asked for.
	TLSClientCAFile string

	// MetricsListen is the address of /metrics, /healthz and /readyz, in clear and for
	// everybody who reaches it. MetricsOff: none.
	MetricsListen string

	// TracesEndpoint is the URL of a collector that takes spans by OTLP over gRPC. Empty:
	// none are recorded.
	TracesEndpoint string
	// TracesRatio is the share of submissions without a trace that begin one, 0 to 1.
	TracesRatio float64

	// LogLevel is the lowest level that is written.
	LogLevel slog.Level
	// LogFormat says how.
	LogFormat LogFormat

	// MaxMessageBytes is the largest request the API takes.
	MaxMessageBytes int
	// Reflection says whether the API describes itself to tools like grpcurl.
	Reflection bool
	// DrainGrace is the time that calls and attempts under way get when the
	// server is to stop.
	DrainGrace time.Duration

	// BacklogLimit is how many deliveries may be open, BacklogShare how many of them
	// one merchant's may be, in per cent.
	BacklogLimit int64
	BacklogShare int

	// AttemptTimeout is the time a plugin has for one delivery.
	AttemptTimeout time.Duration
	// RetryFirst bounds the first wait of a delivery that failed for now,
	// RetryLongest every wait; after RetryAge it is given up.
	RetryFirst   time.Duration
	RetryLongest time.Duration
	RetryAge     time.Duration

	// UnknownEnvironment are the names of variables that begin with SPURLINE_
	// and are no setting: worth a warning, since one may be misspelt.
	UnknownEnvironment []string
}

// MetricsOff is the MetricsListen of a server that shows none.
const MetricsOff = "off"

// LogFormat is how log lines are written.
type LogFormat string

// The log formats.
const (
	// LogAuto is text on a terminal and JSON otherwise.
	LogAuto LogFormat = "auto"
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// Defaults returns the settings of an operator who set none. PluginDirs is
// empty; Load puts the folder of the executable there.
func Defaults() Config {
	return Config{
		Listen:          "127.0.0.1:7465",
		DataDir:         "./spurline-data",
		PluginMemory:    2 << 30,
		MetricsListen:   "127.0.0.1:7466",
		LogLevel:        slog.LevelInfo,
		LogFormat:       LogAuto,
		MaxMessageBytes: 8 << 20,
		Reflection:      true,
		DrainGrace:      20 * time.Second,
		BacklogLimit:    20_000_000,
		BacklogShare:    25,
		AttemptTimeout:  time.Minute,
		RetryFirst:      5 * time.Second,
		RetryLongest:    time.Hour,
		RetryAge:        72 * time.Hour,
	}
}

// DatabaseFile is the file of the embedded store.
func (c Config) DatabaseFile() string { return filepath.Join(c.DataDir, "spurline.db") }

// DevelopmentKeyFile is where a key set is made if none is configured.
func (c Config) DevelopmentKeyFile() string {
	return filepath.Join(c.DataDir, "development-sealing-key.json")
}
