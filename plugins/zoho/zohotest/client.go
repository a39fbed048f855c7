package zohotest

import (
	"slices"
	"strings"
)

// The client of a new stand-in.
const (
	ClientID     = "1000.STANDINCLIENT"
	ClientSecret = "stand-in-secret-0badc0ffee" //nolint:gosec // Of a stand-in.
	RefreshToken = "1000.stand-in-refresh.0001" //nolint:gosec // Of a stand-in.
)

// Client is an OAuth client with the consent that an operator gave it.
type Client struct {
	// ID and Secret are what it identifies itself with.
	ID, Secret string
	// RefreshTokens that it may use.
	RefreshTokens []string
	// Scopes that were granted, for example "ZohoInventory.contacts.READ"; none
	// means those of Scopes.
	Scopes []string
	// Organisations that its user belongs to; none means all.
	Organisations []string
}

// Scopes are those that the plugin needs (Zoho Inventory reference, section 1.4),
// with those of taking a parcel back (section 6). "fullaccess.all" is not among
// them.
func Scopes() []string {
	var all []string
	for module, rights := range map[string]string{
		"salesorders":    "CREATE READ UPDATE",
		"contacts":       "CREATE READ UPDATE",
		"items":          "CREATE READ",
		"packages":       "CREATE READ DELETE",
		"shipmentorders": "CREATE READ UPDATE DELETE",
		"settings":       "READ",
	} {
		for right := range strings.FieldsSeq(rights) {
			all = append(all, "ZohoInventory."+module+"."+right)
		}
	}
	slices.Sort(all)
	return all
}

// may says whether the scopes cover one such as "salesorders.READ".
func (c Client) may(scope string) bool {
	module, _, _ := strings.Cut(scope, ".")
	return slices.ContainsFunc(c.Scopes, func(granted string) bool {
		granted, ours := strings.CutPrefix(granted, "ZohoInventory.")
		return ours && (granted == scope || granted == module+".ALL" || granted == "fullaccess.all")
	})
}

// belongsTo says whether the client's user belongs to an organisation.
func (c Client) belongsTo(organisation string) bool {
	return len(c.Organisations) == 0 || slices.Contains(c.Organisations, organisation)
}

func defaultClient() Client {
	return Client{ID: ClientID, Secret: ClientSecret, RefreshTokens: []string{RefreshToken}}
}

// SetClient adds a client or changes what it may do: its tokens live on with the new
// scopes and organisations.
func (s *Server) SetClient(c Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.putClient(c)
}

func (s *Server) putClient(c Client) {
	if c.Scopes == nil {
		c.Scopes = Scopes()
	}
	c.RefreshTokens = slices.Clone(c.RefreshTokens)
	s.clients[c.ID] = &c
}

// RevokeRefreshToken takes a refresh token and its access tokens away, as an
// operator can on the page of his account.
func (s *Server) RevokeRefreshToken(refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.RefreshTokens = slices.DeleteFunc(c.RefreshTokens, func(t string) bool { return t == refresh })
	}
	s.tokens = slices.DeleteFunc(s.tokens, func(t *token) bool { return t.refresh == refresh })
}
