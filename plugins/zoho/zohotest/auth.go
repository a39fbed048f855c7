package zohotest

import (
	"net/http"
	"strings"
)

// authenticate finds the client of a call or refuses it. No usable value is code 14,
// a token that is dead or unknown is 57 (Zoho Inventory reference, section 7). On
// "Bearer" the sources disagree (section 1.2); it is refused.
func (s *Server) authenticate(c *call) *apiError {
	header := c.r.Header.Get("Authorization")
	scheme, value, _ := strings.Cut(header, " ")
	if header != "" && scheme != "Zoho-oauthtoken" {
		c.violate("Authorization", "the scheme is not Zoho-oauthtoken")
	}
	if scheme != "Zoho-oauthtoken" || value == "" {
		return notAuthorised(14)
	}
	now := s.clock()
	for _, t := range s.tokens {
		if t.value == value && now.Before(t.ends) {
			c.client, c.token = s.clients[t.client], t.serial
		}
	}
	if c.client == nil {
		return notAuthorised(57)
	}
	return nil
}

// locate finds the organisation of a call: organization_id in the query and nowhere
// else (section 1.2), or the id in the path of the two calls that need none.
func (s *Server) locate(c *call) *apiError {
	id := c.query("organization_id")
	if c.route.free {
		if c.argument == "" {
			return nil
		}
		id = c.argument
	}
	if id == "" || strings.Trim(id, "0123456789") != "" {
		return invalidParameter("organization_id")
	}
	o := s.organisation(id)
	if o == nil || !c.client.belongsTo(id) {
		return badRequest(6041, "This user is not associated with the CompanyID/CompanyName")
	}
	c.org = o
	return nil
}

// admit checks everything that comes before the call itself.
func (s *Server) admit(c *call, h http.Header) *apiError {
	if refused := s.authenticate(c); refused != nil {
		return refused
	}
	if c.endpoint == "" {
		return invalidURL()
	}
	if c.route == nil {
		return methodNotAllowed()
	}
	if !c.client.may(c.route.scope) {
		return notAuthorised(57)
	}
	if refused := s.locate(c); refused != nil {
		return refused
	}
	if c.org != nil {
		return s.limit(c, h)
	}
	return nil
}
