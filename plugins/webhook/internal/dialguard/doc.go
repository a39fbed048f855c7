// Package dialguard keeps a program that connects wherever its users say from
// connecting to networks that are nobody's business: its own machine, the
// networks behind it, the metadata service of the cloud it runs in.
//
//	policy := dialguard.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("10.20.0.0/16")}}
//	transport := &http.Transport{DialContext: policy.Dialer(timeout).DialContext}
//
// The address is judged after DNS and right before connect, so a name that
// changes what it resolves to gains nothing. There must be no proxy in between:
// the proxy would resolve the name once more.
package dialguard
