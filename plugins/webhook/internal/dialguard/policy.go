package dialguard

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// Policy says which addresses may be connected to: the public ones, those of
// Allow, and none of Deny. The zero value is the public ones. It is safe for
// concurrent use.
type Policy struct {
	// Allow are networks that are not public and allowed all the same. A metadata
	// service is allowed only by a prefix of this one address.
	Allow []netip.Prefix
	// Deny are networks that are public and not allowed all the same. It wins over
	// Allow.
	Deny []netip.Prefix
	// Only, if not empty, is all that is allowed, whatever the others say.
	Only []netip.Prefix
}

// RefusedError means that an address may not be connected to. It does not tell the
// address: who chose the name shall not learn what it resolves to in here.
type RefusedError struct{ class class }

// Error says what kind of address it is.
func (e *RefusedError) Error() string { return "the address is " + string(e.class) }

// Dialer returns a dialer that connects to no other address, within the timeout.
func (p Policy) Dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second, ControlContext: p.Control}
}

// Control is for net.Dialer.ControlContext. It gets the address that the socket is
// about to be connected to. What it cannot read it refuses.
func (p Policy) Control(_ context.Context, network, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || to.Port() == 0 || network != "tcp4" && network != "tcp6" {
		return &RefusedError{classNone}
	}
	return p.Judge(to.Addr())
}

// Judge returns a RefusedError for an address that may not be connected to.
func (p Policy) Judge(address netip.Addr) error {
	address = plain(address)
	within := func(list []netip.Prefix) bool {
		return slices.ContainsFunc(list, func(prefix netip.Prefix) bool { return prefix.Contains(address) })
	}
	switch {
	case !address.IsValid():
		return &RefusedError{classNone}
	case within(p.Deny):
		return &RefusedError{classDenied}
	case len(p.Only) > 0 && !within(p.Only):
		return &RefusedError{classOf(address)}
	case slices.Contains(p.Allow, netip.PrefixFrom(address, address.BitLen())):
		return nil
	case find(metadataServices, address) != "":
		return &RefusedError{classMetadata}
	case len(p.Only) > 0 || within(p.Allow):
		return nil
	}
	if found := find(notPublic, address); found != "" {
		return &RefusedError{found}
	}
	if address.Is6() && (!publicIPv6.Contains(address) || isISATAP(address)) {
		return &RefusedError{classOf(address)}
	}
	return nil
}

// plain is the address that packets end at: an IPv4 address may be written as IPv6
// in more than one way. Zones are dropped, since prefixes have none.
func plain(address netip.Addr) netip.Addr {
	address = address.WithZone("").Unmap()
	if nat64.Contains(address) {
		bytes := address.As16()
		return netip.AddrFrom4([4]byte(bytes[12:]))
	}
	return address
}

// isISATAP says that an IPv6 address carries an IPv4 address as its interface, as a
// tunnel of that name has it.
func isISATAP(address netip.Addr) bool {
	b := address.As16()
	return (b[8] == 0 || b[8] == 2) && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// classOf names the class of an address that is refused for other reasons than it.
func classOf(address netip.Addr) class {
	switch found := find(notPublic, address); {
	case found != "":
		return found
	case address.Is6() && isISATAP(address):
		return classTunnel
	default:
		return classSpecial
	}
}

// find returns the class of the first network that has the address.
func find(list []network, address netip.Addr) class {
	for _, n := range list {
		if n.prefix.Contains(address) {
			return n.class
		}
	}
	return ""
}
