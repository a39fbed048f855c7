package zoho

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// CheckConnection gets a token, finds the organisation among those of its user, and
// reads a list of each kind that the plugin needs. It changes nothing, so it cannot
// prove the scopes for writing: what is missing there is told at the first delivery.
func (c *Copier) CheckConnection(ctx context.Context) sdk.CheckResult {
	if _, err := c.client.Tokens.Token(ctx); err != nil {
		return checkFailed(c.tokenFault(ctx, err))
	}
	t := &trip{c: c}
	a := t.call(ctx, inventory.ListOrganisations())
	if !a.OK() {
		return c.checkRefused(a)
	}
	organisation, known := c.chosen(a.Envelope.Organisations())
	if !known {
		return sdk.CheckFaulty(sdk.Fault{
			Field: "organization_id", Reason: "ORGANISATION_REFUSED", Hint: otherOrganisations(a.Envelope.Organisations()),
		})
	}
	if result, bad := c.checkScopes(ctx, t); bad {
		return result
	}
	if result, bad := c.checkCustomer(ctx, t); bad {
		return result
	}
	limit, left, told := t.last.Quota()
	var warnings []string
	if told && left <= limit*(100-c.rules.DailyShare)/100 {
		warnings = append(warnings, fmt.Sprintf("%s of the %s calls of today are left, so records wait for tomorrow: "+
			"daily_share is %d percent", humanize.Comma(int64(left)), humanize.Comma(int64(limit)), c.rules.DailyShare))
	}
	if sdk.InTheClear(c.centre.API) || sdk.InTheClear(c.centre.Accounts) {
		warnings = append(warnings, "an address is not encrypted (http): everybody on the way can read the tokens")
	}
	return sdk.CheckOK(c.account, accountName(organisation, limit, told), warnings...)
}

// accountName names an organisation and the limits of its plan.
func accountName(o inventory.Organisation, limit int, told bool) string {
	name := fmt.Sprintf("%s, Zoho organisation %s", o.Name, o.ID)
	if o.Plan != "" {
		name += ", plan " + string(o.Plan)
	}
	if told {
		name += ", " + humanize.Comma(int64(limit)) + " calls a day"
	}
	return name
}

func (c *Copier) chosen(all []inventory.Organisation) (inventory.Organisation, bool) {
	for _, o := range all {
		if string(o.ID) == c.rules.Organisation {
			return o, true
		}
	}
	return inventory.Organisation{}, false
}

func otherOrganisations(all []inventory.Organisation) string {
	const most = 10
	var names []string
	for _, o := range all[:min(len(all), most)] {
		names = append(names, fmt.Sprintf("%s (%s)", o.ID, o.Name))
	}
	if len(names) == 0 {
		return "the user of the refresh token belongs to no organisation: make the refresh token as a user of yours"
	}
	return "the user of the refresh token does not belong to this organisation, but to: " + strings.Join(names, ", ") +
		"; correct the organization_id, or make the refresh token as a user of the right one"
}

// checkScopes reads one row of every list. All scopes that are missing are named.
func (c *Copier) checkScopes(ctx context.Context, t *trip) (sdk.CheckResult, bool) {
	var missing []string
	for _, probe := range inventory.Probes() {
		a := t.call(ctx, probe)
		switch {
		case a.OK():
		case a.ScopeMissing():
			missing = append(missing, "ZohoInventory."+probe.Endpoint.Scope)
		default:
			return c.checkRefused(a), true
		}
	}
	if len(missing) == 0 {
		return sdk.CheckResult{}, false
	}
	return sdk.CheckFaulty(sdk.Fault{
		Field: "refresh_token", Reason: "SCOPE_MISSING",
		Hint: "the refresh token was made without " + strings.Join(missing, ", ") +
			": make one with all scopes of the set-up steps",
	}), true
}

// checkCustomer looks whether the customer of the settings takes orders.
func (c *Copier) checkCustomer(ctx context.Context, t *trip) (sdk.CheckResult, bool) {
	if c.rules.CustomerID == "" {
		return sdk.CheckResult{}, false
	}
	a := t.call(ctx, inventory.ReadContact(c.rules.CustomerID))
	customer, found := a.Envelope.Contact()
	fault := sdk.Fault{Field: "customer_id", Reason: "CUSTOMER_NOT_FOUND", Hint: "Zoho has no customer with this id"}
	switch {
	case !a.OK() && a.Failure == nil && a.Rule().Class == inventory.Missing, a.OK() && !found:
	case !a.OK():
		return c.checkRefused(a), true
	case !customer.Customer():
		fault.Reason, fault.Hint = "NO_CUSTOMER", "this contact is a vendor: enter the id of a customer"
	case !customer.Active():
		fault.Reason = "CUSTOMER_INACTIVE"
		fault.Hint = "this customer is inactive: mark it as active at Zoho, or enter another"
	default:
		return sdk.CheckResult{}, false
	}
	return sdk.CheckFaulty(fault), true
}

// checkRefused is a check that an answer ended.
func (c *Copier) checkRefused(a inventory.Answer) sdk.CheckResult {
	if a.Failure != nil {
		return checkFailed(a.Failure)
	}
	if a.ScopeMissing() {
		return sdk.CheckFaulty(sdk.Fault{
			Field: "refresh_token", Reason: "SCOPE_MISSING",
			Hint: "the refresh token was made without ZohoInventory." + a.Call.Endpoint.Scope +
				": make one with all scopes of the set-up steps",
		})
	}
	r := a.Rule()
	switch r.Class {
	case inventory.Again, inventory.Limited:
		return sdk.CheckUnreachable(r.Hint).WithRetryAfter(a.Delay(c.clock.Now()))
	default:
		return sdk.CheckFaulty(sdk.Fault{Field: c.fieldOf(r), Reason: r.Reason, Hint: r.Hint})
	}
}

// checkFailed is a check that an error ended.
func checkFailed(err error) sdk.CheckResult {
	if refused, ok := errors.AsType[*tokenRefused](err); ok {
		return sdk.CheckFaulty(refused.fault)
	}
	return sdk.CheckFromError(err, "refresh_token")
}

// fieldOf is the setting to look at.
func (c *Copier) fieldOf(r inventory.Ruling) string {
	switch {
	case r.Reason == "ORGANISATION_REFUSED":
		return "organization_id"
	case r.Reason == "ACCESS_REFUSED":
		return "refresh_token"
	case c.rules.APIBase != "":
		return "api_base_url"
	default:
		return "data_center"
	}
}
