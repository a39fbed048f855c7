package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
)

// check finds the faults that no setting has by itself. origins says where
// settings came from; those with their default are not in it.
func check(c *Config, origins map[string]string) Faults {
	found := &checks{origins: origins}
	found.listen(c)
	found.metrics(c)
	found.traces(c)
	found.tls(c)
	if c.SealingKey != "" && c.SealingKeyFile != "" {
		found.add("sealing_key", "is set beside sealing_key_file; set one of them")
	}
	if c.RetryLongest < c.RetryFirst {
		found.add("retry_longest", fmt.Sprintf("%s is shorter than retry_first, %s; set it at least as long",
			showDuration(c.RetryLongest), showDuration(c.RetryFirst)))
	}
	if len(c.DevAttach) > 0 && !c.Development {
		found.add("dev_attach", "runs plugins that nobody pinned, and is for development: set development too, "+
			"or leave it out")
	}
	found.folder("data_dir", c.DataDir, true)
	if _, set := origins["plugin_dir"]; set {
		for _, dir := range c.PluginDirs {
			found.folder("plugin_dir", dir, false)
		}
	}
	found.file("tokens_file", c.TokensFile)
	found.file("tls_cert_file", c.TLSCertFile)
	found.file("tls_key_file", c.TLSKeyFile)
	found.file("tls_client_ca_file", c.TLSClientCAFile)
	found.file("sealing_key_file", c.SealingKeyFile)
	return found.faults
}

type checks struct {
	origins map[string]string
	faults  Faults
}

func (f *checks) add(key, rule string) {
	origin := f.origins[key]
	if origin == "" {
		origin = "default"
	}
	f.faults = append(f.faults, Fault{Key: key, Origin: origin, Rule: rule})
}

func (f *checks) listen(c *Config) {
	host, _, err := splitAddress(c.Listen)
	if err != nil {
		f.add("listen", fmt.Sprintf("%q must be host:port with a port from 0 to 65535, for example 127.0.0.1:7465",
			c.Listen))
		return
	}
	if loopback(host) || c.TLSCertFile != "" && c.TokensFile != "" {
		return
	}
	f.add("listen", fmt.Sprintf("%q is reachable from other machines, which needs TLS and known callers: "+
		"set tls_cert_file, tls_key_file and tokens_file, or listen on 127.0.0.1", c.Listen))
}

// metrics may be reached from other machines: they tell nothing of a customer, and
// nobody sets another address than that of the default by accident.
func (f *checks) metrics(c *Config) {
	if c.MetricsListen == MetricsOff {
		return
	}
	_, port, err := splitAddress(c.MetricsListen)
	switch {
	case err != nil:
		f.add("metrics_listen", fmt.Sprintf("%q must be off, or host:port with a port from 0 to 65535, "+
			"for example 127.0.0.1:7466", c.MetricsListen))
	case c.MetricsListen == c.Listen && port != "0":
		f.add("metrics_listen", fmt.Sprintf("%q is the address of the API; set another port", c.MetricsListen))
	}
}

func (f *checks) traces(c *Config) {
	if c.TracesEndpoint == "" {
		if c.TracesRatio > 0 {
			f.add("traces_ratio", "begins traces that nobody takes: set traces_endpoint too, or leave it out")
		}
		return
	}
	at, err := url.Parse(c.TracesEndpoint)
	switch {
	case err != nil, at.Scheme != "http" && at.Scheme != "https", at.Host == "", at.User != nil,
		at.Path != "" && at.Path != "/", at.RawQuery != "", at.Fragment != "":
		// It may have a password in it, so it is not quoted.
		f.add("traces_endpoint", "must be http:// or https:// with a host and a port, and nothing else, for example "+
			"http://127.0.0.1:4317")
	}
}

func splitAddress(address string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return host, port, err
}

func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func (f *checks) tls(c *Config) {
	if c.TLSCertFile != "" && c.TLSKeyFile == "" {
		f.add("tls_cert_file", "needs tls_key_file beside it")
	}
	if c.TLSKeyFile != "" && c.TLSCertFile == "" {
		f.add("tls_key_file", "needs tls_cert_file beside it")
	}
	if c.TLSClientCAFile != "" && c.TLSCertFile == "" {
		f.add("tls_client_ca_file", "needs tls_cert_file and tls_key_file beside it")
	}
}

// file finds that a configured file is not there; what it holds is judged by
// who reads it.
func (f *checks) file(key, path string) {
	if path == "" {
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		f.add(key, fmt.Sprintf("%q cannot be used: %v", path, errors.Unwrap(err)))
	case info.IsDir():
		f.add(key, fmt.Sprintf("%q is a folder, not a file", path))
	}
}

func (f *checks) folder(key, path string, mayBeAbsent bool) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && mayBeAbsent:
	case err != nil:
		f.add(key, fmt.Sprintf("%q cannot be used: %v", path, errors.Unwrap(err)))
	case !info.IsDir():
		f.add(key, fmt.Sprintf("%q is a file, not a folder", path))
	}
}
