package webhook

import (
	"bytes"
	"errors"
	"time"

	"github.com/spurline/spurline/plugins/sdk"
)

// Settings are what a merchant enters for a connection.
//
//nolint:lll // A struct tag is one line.
type Settings struct {
	URL             string     `setting:"url" kind:"url" required:"true" title:"Address" help:"Where events are sent to, for example https://example.com/webhooks/spurline. It must be public and begin with https://; redirects are not followed."`
	SigningSecret   sdk.Secret `setting:"signing_secret" required:"true" title:"Signing secret" help:"The secret that the receiver checks signatures with: whsec_ and 24 to 64 random bytes in base64. Make one with: echo whsec_$(openssl rand -base64 32)" pattern:"whsec_[0-9A-Za-z+/]{32,86}={0,2}"`
	PreviousSecret  sdk.Secret `setting:"previous_signing_secret" title:"Previous signing secret" help:"While secrets are changed: the old one, whsec_ as well. Events are signed with both until it is cleared." pattern:"whsec_[0-9A-Za-z+/]{32,86}={0,2}"`
	EventTypes      string     `setting:"event_types" title:"Types of events" help:"What to send, separated by commas: order.created, order.updated, order.cancelled, tracking.created, tracking.updated, tracking.voided, or order.* and tracking.* for all of a kind." default:"order.*, tracking.*"`
	IncludePersonal bool       `setting:"include_personal_data" title:"Include personal data" help:"Also send the customer, names, streets, phone numbers and e-mail addresses of the addresses, the billing address and notes. While this is off, of addresses only the destination country is sent." default:"false"`
	IncludeExtra    bool       `setting:"include_extra_fields" title:"Include extra fields" help:"Also send the facts of carts and warehouses that have no field of their own. They are free text and may hold personal data." default:"false"`
	HeaderName      string     `setting:"header_name" title:"Name of a further header" help:"A header that the receiver asks for beside the signature, for example Authorization."`
	HeaderValue     sdk.Secret `setting:"header_value" title:"Value of the further header" help:"For example: Bearer and a token."`
	TimeoutSeconds  int        `setting:"timeout_seconds" title:"Timeout in seconds" help:"How long the receiver may take for its answer, 1 to 30. It should store the event and answer at once." default:"20" pattern:"[1-9]|[12][0-9]|30"`
	CheckWith       string     `setting:"check_with" title:"Test the connection with" help:"What a test of the connection does. The connection alone proves the address and its certificate and sends nothing; an event of type webhook.test also proves that the receiver accepts the signature." choices:"connection=A connection only,event=A signed event webhook.test" default:"connection"`
}

const checkWithEvent = "event"

// Sender sends the events of one connection. It is safe for concurrent use.
type Sender struct {
	remote     *remote
	connection string
	merchant   string
	endpoint   endpoint
	keys       [][]byte // The current one first.
	wanted     chosen
	further    extraHeader
	timeout    time.Duration
	personal   bool
	extra      bool
	checkWith  string
}

// newSender makes the sender of a connection. The error has all faults of the settings,
// with their fields.
func newSender(env sdk.Env, s Settings, r *remote) (*Sender, error) {
	sender := &Sender{
		remote: r, connection: env.ConnectionUID, merchant: env.MerchantID,
		timeout:  time.Duration(s.TimeoutSeconds) * time.Second,
		personal: s.IncludePersonal, extra: s.IncludeExtra, checkWith: s.CheckWith,
	}
	var faults sdk.Faults
	var err error
	sender.endpoint, err = parseEndpoint(s.URL, r.operator)
	faults.Add("url", err)
	key, err := parseSecret(s.SigningSecret.Reveal())
	faults.Add("signing_secret", err)
	sender.keys = [][]byte{key}
	if !s.PreviousSecret.Empty() {
		previous, err := parseSecret(s.PreviousSecret.Reveal())
		if err == nil && bytes.Equal(previous, key) {
			err = errors.New("it is the same as signing_secret: enter the old one, or clear it")
		}
		faults.Add("previous_signing_secret", err)
		sender.keys = append(sender.keys, previous)
	}
	sender.wanted, err = parseChosen(s.EventTypes)
	faults.Add("event_types", err)
	further, field, err := parseHeader(s.HeaderName, s.HeaderValue)
	faults.Add(field, err)
	sender.further = further
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return sender, nil
}

// rotating says that events are signed with two secrets.
func (s *Sender) rotating() bool { return len(s.keys) > 1 }
