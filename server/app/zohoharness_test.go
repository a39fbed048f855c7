package app_test

import (
	"github.com/spurline/spurline/plugins/zoho/zohotest"
	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// zohoConnection is one to the first organisation of a stand-in.
func zohoConnection(base string, change ...func(*apiv1.Connection)) *apiv1.Connection {
	connection := &apiv1.Connection{
		Plugin: "zoho",
		Settings: map[string]string{
			"api_base_url": base, "organization_id": zohotest.OrganisationID, "client_id": zohotest.ClientID,
		},
		Secrets: map[string]string{"client_secret": zohotest.ClientSecret, "refresh_token": zohotest.RefreshToken},
	}
	for _, f := range change {
		f(connection)
	}
	return connection
}

// connectZoho connects a merchant to Zoho.
func (s *server) connectZoho(merchant string, connection *apiv1.Connection) *apiv1.Connection {
	s.t.Helper()
	answer, err := s.connections.CreateConnection(s.t.Context(), &apiv1.CreateConnectionRequest{
		Parent: merchant, ConnectionId: "zoho", Connection: connection,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.GetConnection()
}
