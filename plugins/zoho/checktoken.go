package zoho

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// tokenRefused is that Zoho gives no token, with the setting at fault.
type tokenRefused struct {
	fault sdk.Fault
	cause error
}

// Error implements error.
func (t *tokenRefused) Error() string { return t.cause.Error() }

// Unwrap returns the error of the kit.
func (t *tokenRefused) Unwrap() error { return t.cause }

// result is what the refusal means for a delivery.
func (t *tokenRefused) result() sdk.Result {
	return sdk.Unauthorized(t.fault.Reason, t.fault.Field+": "+t.fault.Hint)
}

// tokenFault adds the setting at fault to an error that says that Zoho refused the
// credentials, or that nothing gives tokens where it should, for tests of a connection
// and deliveries alike (section 1.3). Others, and none, are returned as they are.
func (c *Copier) tokenFault(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if code, told := sdk.TokenFailure(err); told {
		return &tokenRefused{c.faultOf(ctx, code), err}
	}
	means := sdk.FromError(err, false)
	if means.Outcome() != pluginv1.Outcome_OUTCOME_UNAUTHORIZED {
		return err
	}
	return &tokenRefused{c.addressFault(means.Reason()), err}
}

// addressFault is the setting that the address of the accounts server comes from.
func (c *Copier) addressFault(reason string) sdk.Fault {
	const nothing = "nothing gives access tokens at this address: "
	switch {
	case c.rules.AccountsBase != "":
		return sdk.Fault{
			Field: "accounts_base_url", Reason: reason,
			Hint: nothing + "correct the address, or leave it empty for that of the data center",
		}
	case c.rules.APIBase != "":
		return sdk.Fault{
			Field: "accounts_base_url", Reason: reason,
			Hint: nothing + "it is empty, so api_base_url is asked: enter that of the accounts server, or correct api_base_url",
		}
	default:
		return sdk.Fault{
			Field: "data_center", Reason: reason,
			Hint: "nothing gives access tokens at its accounts server: see what stands in between, such as a proxy, or " +
				"enter another address as accounts_base_url",
		}
	}
}

// faultOf is the setting at fault by Zoho's word for a refusal. What is unknown in one
// data centre may be good in another, and Zoho's answers do not tell the two apart, so the
// others are asked.
func (c *Copier) faultOf(ctx context.Context, code string) sdk.Fault {
	if code == "invalid_client" || code == "invalid_code" {
		if other := c.elsewhere(ctx); other != "" {
			return sdk.Fault{
				Field: "data_center", Reason: "WRONG_DATA_CENTER",
				Hint: "these credentials are good in the data center " + other + ", not in the one that was chosen: choose " +
					other,
			}
		}
	}
	switch code {
	case "invalid_client":
		return sdk.Fault{
			Field: "client_id", Reason: "CLIENT_ID_REFUSED",
			Hint: "Zoho knows no client with this id in any data center: copy it again from the API console",
		}
	case "invalid_client_secret":
		return sdk.Fault{
			Field: "client_secret", Reason: "CLIENT_SECRET_REFUSED",
			Hint: "the secret is not that of the client: copy it again from the API console",
		}
	default:
		return sdk.Fault{
			Field: "refresh_token", Reason: "REFRESH_TOKEN_REFUSED",
			Hint: "Zoho does not know the refresh token: it was revoked, it is of another client, or Zoho deleted it as the " +
				"oldest of more than 20; make a new one by the set-up steps",
		}
	}
}

// elsewhereLife is how long it is remembered where credentials are good: the host
// tests a refused connection again and again.
const elsewhereLife = time.Hour

// elsewhere is another data centre that takes the credentials, empty if none does. The
// one of China belongs to another company and is not asked; addresses of the settings
// stand for no data centre that could be changed. If the time is over before all were
// asked, that is not remembered.
func (c *Copier) elsewhere(ctx context.Context) string {
	if c.rules.APIBase != "" || c.rules.AccountsBase != "" {
		return ""
	}
	settings := c.tokens()
	key := digest(c.centre.Name, settings.ClientID, settings.ClientSecret.Reveal(), settings.RefreshToken.Reveal())
	now := c.clock.Now()
	if known, ok := c.shared.elsewhere.get(key, now); ok {
		return known
	}
	found := ""
	for _, centre := range c.shared.centres {
		if centre.Name == c.centre.Name || centre.Name == "cn" || found != "" {
			continue
		}
		settings.TokenURL = centre.Accounts + "/oauth/v2/token"
		if _, err := c.env.OAuth(settings).Token(ctx); err == nil {
			found = centre.Name
		}
	}
	if found == "" && ctx.Err() != nil {
		return ""
	}
	c.shared.elsewhere.put(key, found, now.Add(elsewhereLife))
	return found
}

// digest names several texts at once.
func digest(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
