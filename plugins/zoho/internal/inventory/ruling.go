package inventory

import "net/http"

// Class is what a refusal means for whoever asked.
type Class int

const (
	// Refused means: cannot succeed as it is.
	Refused Class = iota
	// Exists means: what was to be made or done is there already.
	Exists
	// Missing means: what the call names does not exist.
	Missing
	// Late means: the record has come too far to be changed.
	Late
	// Again means: their side, try later.
	Again
	// Limited means: the organisation made too many calls.
	Limited
	// Locked means: nothing of the connection can succeed until somebody changes the
	// credentials, the organisation or the address.
	Locked
)

// Fix says whose edit mends what was refused.
type Fix int

const (
	// FixEither is an edit of the record or of the settings.
	FixEither Fix = iota
	// FixRecord is an edit of the order or the parcel.
	FixRecord
	// FixSettings is an edit of the connection, or of Zoho followed by a retry.
	FixSettings
)

// Ruling is the judgement of an answer that is not OK.
type Ruling struct {
	// Class decides what is done.
	Class Class
	// Reason is stable and UPPER_SNAKE.
	Reason string
	// Fix says whose edit mends it.
	Fix Fix
	// Hint says what to do.
	Hint string
}

// Codes that are acted on.
const (
	codeMissing      = 1002
	codeTokenMissing = 14
	codeUnauthorised = 57
	codeBlockedOlder = 43
	codeBlocked      = 44
	codeQuota        = 45
	codeCrowded      = 1070
)

// Rule judges an answer with a status that is not OK. The code counts before the
// status, which is coarser (section 7).
func (a Answer) Rule() Ruling {
	switch {
	case a.Unreadable(), a.brokeOff():
		return Ruling{Again, "ANSWER_UNREADABLE", FixEither, "Zoho's answer could not be read; it is tried again"}
	case a.Envelope.Readable && a.Envelope.Code != 0:
		if r, ok := codes()[a.Envelope.Code]; ok {
			if a.Envelope.Code == codeUnauthorised {
				r.Hint += a.Call.Endpoint.Does + " needs the scope ZohoInventory." + a.Call.Endpoint.Scope
			}
			return r
		}
	}
	return ruleStatus(a.Status)
}

// brokeOff says that the answer is a refusal that ended before its code, without which
// nobody can say what it means: a 404 is an order that is gone, or a wrong address.
func (a Answer) brokeOff() bool {
	return a.Failure == nil && a.Cut && !a.Envelope.Readable && a.Status >= 400 && a.Status < 500 &&
		a.Status != http.StatusTooManyRequests
}

// ScopeMissing says that Zoho refuses a token that is good for other calls, or its
// user: the same code as for a dead token, which the caller has renewed (section 1.4).
func (a Answer) ScopeMissing() bool {
	return a.Failure == nil && a.Envelope.Readable && a.Envelope.Code == codeUnauthorised
}

// codes are those of section 7.
func codes() map[int]Ruling {
	const (
		ownFault = "this is a fault of the plugin: report it with the request and the answer shown here"
		tax      = "Zoho wants taxes as its edition has them: enter tax_ids for the rates of your orders"
		blocked  = "Zoho blocked the organisation for everybody, since more than its calls a minute were made, here or by " +
			"another program: lower calls_per_minute if it happens again"
	)
	return map[int]Ruling{
		36004: {Exists, "SALES_ORDER_EXISTS", FixEither, "Zoho already has a sales order with this number"},
		4097: {
			Refused, "NUMBER_REFUSED", FixSettings,
			"Zoho insists on numbering by itself: allow sales order numbers of your own there, under Settings > " +
				"Preferences > Sales Orders",
		},
		36023: {Late, "LINE_INVOICED", FixSettings, "a line is invoiced already, so Zoho lets nobody change the order"},
		37135: {Exists, "ALREADY_DELIVERED", FixEither, "Zoho already has the shipment as delivered"},
		3062:  {Exists, "CUSTOMER_NAME_TAKEN", FixEither, "Zoho already has a customer of this name"},
		1001:  {Refused, "NAME_TAKEN", FixEither, "Zoho already has something else under this name or number"},
		1002: {
			Missing, "NOT_FOUND", FixSettings,
			"Zoho does not have what the call names: it may have been deleted there; retry to make it anew",
		},
		2:      {Refused, "PARAMETER_INVALID", FixEither, "Zoho refuses a value of the request: its answer says which"},
		4:      {Refused, "VALUE_INVALID", FixRecord, "correct the value that Zoho names"},
		6:      {Refused, "VALUE_REQUIRED", FixEither, "Zoho wants a value that was not sent: its answer says which"},
		15:     {Refused, "VALUE_TOO_LONG", FixRecord, "correct or shorten the value that Zoho names"},
		1038:   {Refused, "JSON_REFUSED", FixSettings, ownFault},
		37:     {Refused, "METHOD_REFUSED", FixSettings, ownFault},
		3032:   {Refused, "TAX_REFUSED", FixSettings, tax},
		110817: {Refused, "TAX_REFUSED", FixSettings, tax},
		110942: {Refused, "TAX_REFUSED", FixSettings, tax},
		71510:  {Refused, "TAX_REFUSED", FixSettings, tax},
		71512:  {Refused, "TAX_REFUSED", FixSettings, tax},
		5:      apiMissing(),
		6041:   organisationRefused(),
		4029:   organisationRefused(),
		codeTokenMissing: {
			Locked, "TOKEN_REFUSED", FixSettings,
			"Zoho takes no token in this form: check that api_base_url is the API of Zoho Inventory",
		},
		codeUnauthorised: {
			Locked, "SCOPE_MISSING", FixSettings,
			"Zoho refuses even a new token: its user may not do this, or a scope is missing, so make a refresh token " +
				"with all scopes of the set-up steps; to ",
		},
		codeBlocked:      {Limited, "ORGANISATION_BLOCKED", FixSettings, blocked},
		codeBlockedOlder: {Limited, "ORGANISATION_BLOCKED", FixSettings, blocked},
		codeQuota: {
			Limited, "DAILY_QUOTA_USED", FixSettings,
			"the calls of the organisation for today are used up; they begin anew at midnight of its time zone",
		},
		codeCrowded: {Limited, "TOO_MANY_AT_ONCE", FixSettings, "the organisation has too many calls under way at once"},
		1000:        {Again, "REMOTE_FAULT", FixEither, "Zoho has a fault; it is tried again"},
	}
}

func apiMissing() Ruling {
	return Ruling{
		Locked, "API_NOT_FOUND", FixSettings,
		"nothing answers at this address: choose the data_center that your browser's address of Zoho ends with, and " +
			"leave api_base_url empty",
	}
}

func organisationRefused() Ruling {
	return Ruling{
		Locked, "ORGANISATION_REFUSED", FixSettings,
		"the user of the refresh token does not belong to the organisation: correct organization_id, or make the " +
			"refresh token as a user of it",
	}
}

// ruleStatus judges by HTTP status what has no code that is known.
func ruleStatus(status int) Ruling {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Ruling{
			Locked, "ACCESS_REFUSED", FixSettings,
			"Zoho refuses the credentials for this call: make a refresh token with all scopes of the set-up steps",
		}
	case status == http.StatusNotFound:
		return apiMissing()
	case status == http.StatusRequestTimeout:
		return Ruling{Again, "REMOTE_TIMEOUT", FixEither, "Zoho took too long; it is tried again"}
	case status == http.StatusRequestEntityTooLarge:
		return Ruling{Refused, "REQUEST_TOO_LARGE", FixRecord, "the order is larger than Zoho takes"}
	case status == http.StatusTooManyRequests:
		return Ruling{Limited, "RATE_LIMITED", FixSettings, "Zoho limits the organisation; it is called again later"}
	case status >= 300 && status < 400:
		return Ruling{
			Locked, "REDIRECTED", FixSettings,
			"the address redirects, which is never followed with a token: correct api_base_url",
		}
	case status >= 500:
		return Ruling{Again, "REMOTE_FAULT", FixEither, "Zoho has a fault; it is tried again"}
	default:
		return Ruling{
			Refused, "REQUEST_REFUSED", FixEither,
			"Zoho refused in a way that is not known: its answer says why; correct the record or the settings",
		}
	}
}
