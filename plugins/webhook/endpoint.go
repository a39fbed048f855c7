package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// endpoint is the merchant's address.
type endpoint struct {
	url  *url.URL
	host string // Without the port.
}

// parseEndpoint reads the setting url. What a name resolves to is judged when it is
// dialled; an address that is written out is judged here, so that it is told early.
func parseEndpoint(text string, operator Operator) (endpoint, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return endpoint{}, errors.New("it is no address: enter it whole, as https://example.com/webhooks/spurline")
	}
	e := endpoint{url: u, host: u.Hostname()}
	address, isAddress := netip.Addr{}, false
	if parsed, err := netip.ParseAddr(e.host); err == nil {
		address, isAddress = parsed, true
	}
	policy := operator.secured()
	switch u.Scheme {
	case "https":
	case "http":
		if !operator.Development {
			return endpoint{}, errors.New("it must begin with https://: what is sent has to be encrypted")
		}
		if !isAddress && e.host != "localhost" {
			return endpoint{}, errors.New("http:// is only for this machine (localhost, 127.0.0.1): enter an https:// address")
		}
		policy = operator.unsecured()
	default:
		return endpoint{}, errors.New("it must begin with https://")
	}
	switch {
	case u.User != nil:
		return endpoint{}, errors.New("it has a user or password in it, which everybody could read: " +
			"enter them as header_name Authorization and header_value")
	case u.Fragment != "" || strings.HasSuffix(text, "#"):
		return endpoint{}, errors.New("it has a # in it: what follows would not be sent; remove it")
	case !validPort(u):
		return endpoint{}, errors.New("its port is none: ports are from 1 to 65535")
	}
	if isAddress {
		if err := policy.Judge(address); err != nil {
			return endpoint{}, errors.New(err.Error() + ", where nothing is sent to: " + mendAddress)
		}
	}
	return e, nil
}

// mendAddress says what to do about an address that is refused.
const mendAddress = "enter a public address, or have the operator of the server allow the network with " +
	AllowVariable

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && port > 0
}

// dial is what to dial.
func (e endpoint) dial() string {
	port := e.url.Port()
	switch {
	case port != "":
	case e.encrypted():
		port = "443"
	default:
		port = "80"
	}
	if strings.Contains(e.host, ":") {
		return "[" + e.host + "]:" + port
	}
	return e.host + ":" + port
}

func (e endpoint) encrypted() bool { return e.url.Scheme == "https" }

// account names what the receiver limits as one: connections with one address. A
// path or query may be a secret in all but name, so it is not shown.
func (e endpoint) account() string {
	sum := sha256.Sum256([]byte("spurline/webhook/account/v1\n" + e.url.String()))
	return "endpoint-" + hex.EncodeToString(sum[:16])
}

// shown is the address without the query, for excerpts.
func (e endpoint) shown() string {
	u := *e.url
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.String()
}
