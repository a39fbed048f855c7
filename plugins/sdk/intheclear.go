package sdk

import (
	"net"
	"net/url"
)

// InTheClear says that what is sent to an address goes unencrypted to another machine, of
// which the test of a connection should warn. An address that cannot be read does not.
func InTheClear(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}
