package aftership

import (
	"context"

	"github.com/spurline/spurline/plugins/sdk"
)

// CheckConnection lists the merchant's enabled couriers: it needs a good key and
// changes nothing (AfterShip API reference, section 9). It cannot prove that the
// key may write trackings; a key that may not is told at the first delivery.
func (f *Forwarder) CheckConnection(ctx context.Context) sdk.CheckResult {
	a := f.client.do(ctx, f.client.couriersRequest())
	couriers, isList := a.envelope.total()
	switch {
	case a.failure != nil:
		return unreachable(a)
	case a.ok() && isList:
		return sdk.CheckOK(f.client.account, accountName(f.client.account), f.warnings(couriers)...)
	case a.cut:
		return sdk.CheckUnreachable("AfterShip's answer ended early")
	case a.good():
		return sdk.CheckFaulty(sdk.Fault{
			Field: "base_url", Reason: "NOT_AFTERSHIP",
			Hint: "what answers at this address is not the AfterShip API: correct base_url, or leave it empty",
		})
	}
	r := a.rule()
	switch {
	case r.class == again:
		return sdk.CheckUnreachable(r.hint)
	case r.class == limited:
		return sdk.CheckUnreachable(r.hint).WithRetryAfter(delayOf(a.header, f.client.gates.now()))
	case r.reason == keyRefused && f.isLegacyKey(ctx):
		return sdk.CheckFaulty(sdk.Fault{
			Field: "api_generation", Reason: "LEGACY_KEY",
			Hint: "the API key is one for the legacy API only: make a new key at AfterShip, or choose api_generation v4",
		})
	default:
		return sdk.CheckFaulty(sdk.Fault{Field: f.faultyField(r), Reason: r.reason, Hint: r.hint})
	}
}

// isLegacyKey asks v4 about a key that a dated generation refuses (section 7.2,
// fallback C).
func (f *Forwarder) isLegacyKey(ctx context.Context) bool {
	if f.client.generation.name == legacyGeneration {
		return false
	}
	legacy := *f.client
	legacy.generation, _ = findGeneration(legacyGeneration)
	a := legacy.do(ctx, legacy.couriersRequest())
	_, isList := a.envelope.total()
	return a.ok() && isList
}

// faultyField is the setting to look at.
func (f *Forwarder) faultyField(r ruling) string {
	switch {
	case r.reason == keyRefused || r.reason == accessForbidden || r.reason == paymentRequired:
		return "api_key"
	case f.client.base == defaultBaseURL:
		return "api_generation"
	default:
		return "base_url"
	}
}

// warnings are what works but deserves attention.
func (f *Forwarder) warnings(couriers int) []string {
	var all []string
	if couriers == 0 {
		all = append(all, "no courier is enabled at AfterShip, so it cannot detect any: enable the couriers you ship "+
			"with under Couriers there, or name them in courier_slugs")
	}
	if !f.sendContact {
		all = append(all, contactOff)
	}
	if sdk.InTheClear(f.client.base) {
		all = append(all, "base_url is not encrypted (http): everybody on the way can read the API key")
	}
	return all
}

// contactOff is said wherever a merchant may look.
const contactOff = "send_customer_contact is off: AfterShip gets no e-mail address and no phone number, so it cannot " +
	"notify customers by itself"

// unreachable is a check without an answer: nothing is known of the settings.
func unreachable(a answer) sdk.CheckResult {
	r := (&trip{}).unanswered(a)
	return sdk.CheckUnreachable(r.Hint()).WithRetryAfter(r.Delay())
}
