package dialguard

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
)

// ParseList reads networks and addresses, as "10.20.0.0/16, fd12::/48 192.0.2.7",
// separated by commas or white space. A network that has bits set behind its
// length is refused, as it is probably a mistake.
func ParseList(text string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, item := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if address, err := netip.ParseAddr(item); err == nil && address.Zone() == "" {
			address = address.Unmap()
			list = append(list, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(item)
		switch {
		case err != nil || prefix.Addr().Is4In6():
			return nil, fmt.Errorf(`%q is no network like "10.20.0.0/16" or "fd12:3456::/48"`, item)
		case prefix != prefix.Masked():
			return nil, fmt.Errorf("%q is no network: did you mean %s?", item, prefix.Masked())
		}
		list = append(list, prefix)
	}
	return list, nil
}
