package dialguard

import "net/netip"

// class is what the networks have in common, in words that fit behind "the
// address is".
type class string

const (
	classPrivate   class = "in a private network"
	classLoopback  class = "of this machine itself (loopback)"
	classLinkLocal class = "link-local"
	classCarrier   class = "in the shared network of a carrier (CGNAT)"
	classMulticast class = "a multicast address"
	classSpecial   class = "in a network for special use"
	classTunnel    class = "one of a tunnel that leads to another address"
	classMetadata  class = "the metadata service of a cloud"
	classDenied    class = "in a network that the operator denies"
	classNone      class = "no address that one can connect to"
)

// network is a range of addresses that is not for the public.
type network struct {
	prefix netip.Prefix
	class  class
}

func networks(of class, prefixes ...string) []network {
	all := make([]network, 0, len(prefixes))
	for _, p := range prefixes {
		all = append(all, network{netip.MustParsePrefix(p), of})
	}
	return all
}

// metadataServices hand out the credentials of the machine. One is in a range that
// is public otherwise, and the others may be in a network that an operator allows.
var metadataServices = networks(classMetadata,
	"169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", // AWS and most others; ECS; EKS
	"168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32", // Azure; Alibaba; Oracle
	"fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128") // AWS; EKS; Google

// notPublic are the networks of IANA's registries of special purpose that are not
// globally reachable, and some that are but lead elsewhere. Of IPv6 only what is
// in publicIPv6 comes as far as this list.
var notPublic = slicesOf(
	networks(classPrivate, "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
	networks(classLoopback, "127.0.0.0/8", "::1/128"),
	networks(classLinkLocal, "169.254.0.0/16", "fe80::/10"),
	networks(classCarrier, "100.64.0.0/10"),
	networks(classMulticast, "224.0.0.0/4", "ff00::/8"),
	networks(classSpecial,
		"0.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/128", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "100::/64"),
	// 6to4 and its relay, and the local prefix for NAT64. Teredo is in 2001::/23.
	networks(classTunnel, "2002::/16", "192.88.99.0/24", "64:ff9b:1::/48"),
)

// publicIPv6 is all of IPv6 that is given to anybody for use on the internet.
var publicIPv6 = netip.MustParsePrefix("2000::/3")

// nat64 carries an IPv4 address in its last 32 bits. Where a network has IPv6
// only, all of the IPv4 internet is reached through it.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

func slicesOf(lists ...[]network) []network {
	var all []network
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}
