package webhook

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/spurline/spurline/plugins/webhook/internal/dialguard"
)

// The variables by which whoever runs the server tells the plugin what no merchant
// may decide. The host passes variables with this prefix to the plugin.
const (
	variablePrefix = "SPURLINE_PLUGIN_WEBHOOK_"

	// AllowVariable lists networks that are not public and may be sent to.
	AllowVariable = variablePrefix + "ALLOW_NETWORKS"
	// DenyVariable lists networks that are public and may not be sent to.
	DenyVariable = variablePrefix + "DENY_NETWORKS"
	// DevelopmentVariable is "true" on a machine of a developer.
	DevelopmentVariable = variablePrefix + "DEVELOPMENT"
)

// Operator is what whoever runs the server decides for all merchants. The zero
// value is the strict one.
type Operator struct {
	// Allow are networks that are not public and may be sent to all the same, for
	// example those of a warehouse behind the same firewall.
	Allow []netip.Prefix
	// Deny are public networks that may not be sent to. It wins over Allow.
	Deny []netip.Prefix
	// Development allows this machine itself as a receiver, also without TLS.
	Development bool
}

// ReadOperator reads the variables. All that is wrong with them is in the error.
func ReadOperator(env func(string) string) (Operator, error) {
	var (
		o      Operator
		faults []error
		err    error
	)
	if o.Allow, err = dialguard.ParseList(env(AllowVariable)); err != nil {
		faults = append(faults, fmt.Errorf("%s: %w", AllowVariable, err))
	}
	if o.Deny, err = dialguard.ParseList(env(DenyVariable)); err != nil {
		faults = append(faults, fmt.Errorf("%s: %w", DenyVariable, err))
	}
	switch value := env(DevelopmentVariable); value {
	case "true":
		o.Development = true
	case "", "false":
	default:
		faults = append(faults, fmt.Errorf("%s: %q is neither true nor false", DevelopmentVariable, value))
	}
	if err := errors.Join(faults...); err != nil {
		return Operator{}, err
	}
	return o, nil
}

// thisMachine is what development allows.
var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// secured is the policy for https.
func (o Operator) secured() dialguard.Policy {
	p := dialguard.Policy{Allow: o.Allow, Deny: o.Deny}
	if o.Development {
		p.Allow = append(p.Allow[:len(p.Allow):len(p.Allow)], thisMachine...)
	}
	return p
}

// unsecured is the policy for http: what is not encrypted does not leave the machine.
func (o Operator) unsecured() dialguard.Policy {
	return dialguard.Policy{Deny: o.Deny, Only: thisMachine}
}
