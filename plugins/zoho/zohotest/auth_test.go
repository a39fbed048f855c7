package zohotest_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/zoho/zohotest"
)

// TestAdmission: what is refused before a call is looked at (sections 1.2 and 7).
func TestAdmission(t *testing.T) {
	t.Parallel()
	const other = "60009999999"
	tests := map[string]struct {
		method, path string
		header       []string
		status, code int
	}{
		"no header":         {"GET", "/items", []string{"Authorization", ""}, 401, 14},
		"bearer":            {"GET", "/items", []string{"Authorization", "Bearer x"}, 401, 14},
		"empty token":       {"GET", "/items", []string{"Authorization", "Zoho-oauthtoken "}, 401, 14},
		"unknown token":     {"GET", "/items", []string{"Authorization", "Zoho-oauthtoken x"}, 401, 57},
		"empty id":          {"GET", "/items?organization_id=", nil, 400, 2},
		"id of letters":     {"GET", "/items?organization_id=acme", nil, 400, 2},
		"no such id":        {"GET", "/items?organization_id=1", nil, 400, 6041},
		"foreign id":        {"GET", "/items?organization_id=" + other, nil, 400, 6041},
		"foreign in path":   {"GET", "/organizations/" + other, nil, 400, 6041},
		"unknown path":      {"GET", "/nothing", nil, 404, 5},
		"longer path":       {"GET", "/items/1/2", nil, 404, 5},
		"wrong method":      {"PATCH", "/items", nil, 405, 37},
		"never deleted":     {"DELETE", "/salesorders/1", nil, 405, 37},
		"list of shipments": {"GET", "/shipmentorders", nil, 405, 37},
		"all is well":       {"GET", "/items", nil, 200, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t,
				zohotest.WithOrganisations(zohotest.Organisation{}, zohotest.Organisation{ID: other}),
				zohotest.WithClients(zohotest.Client{
					ID: zohotest.ClientID, Secret: zohotest.ClientSecret, RefreshTokens: []string{zohotest.RefreshToken},
					Organisations: []string{zohotest.OrganisationID},
				}))
			wantCode(t, b.call(t, test.method, test.path, "", test.header...), test.status, test.code)
		})
	}
}

// TestAdmissionElsewhere: a path outside the API, and no organization_id at all.
func TestAdmissionElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, want := range map[string][2]int{"/api/v1/items": {404, 5}, zohotest.Root + "/items": {400, 2}} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		r.Header.Set("Authorization", "Zoho-oauthtoken "+b.token)
		wantCode(t, send(t, b, r), want[0], want[1])
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", zohotest.Root+"/organizations", nil)
	r.Header.Set("Authorization", "Zoho-oauthtoken "+b.token)
	if rows := send(t, b, r).rows(t, "organizations"); len(rows) != 1 || rows[0]["organization_id"] != b.org.ID() {
		t.Errorf("organisations are %v", rows)
	}
}

// TestScopes: a missing scope is the same 57 as a dead token (section 1.4).
func TestScopes(t *testing.T) {
	t.Parallel()
	calls := map[string]string{
		"GET /organizations":                      "settings.READ",
		"GET /organizations/60001234567":          "settings.READ",
		"GET /settings/currencies":                "settings.READ",
		"GET /settings/taxes":                     "settings.READ",
		"GET /items":                              "items.READ",
		"GET /items/1":                            "items.READ",
		"POST /items":                             "items.CREATE",
		"GET /itemdetails":                        "items.READ",
		"GET /contacts":                           "contacts.READ",
		"POST /contacts":                          "contacts.CREATE",
		"PUT /contacts/1":                         "contacts.UPDATE",
		"POST /contacts/1/address":                "contacts.UPDATE",
		"GET /salesorders":                        "salesorders.READ",
		"POST /salesorders":                       "salesorders.CREATE",
		"PUT /salesorders/1":                      "salesorders.UPDATE",
		"POST /salesorders/1/status/confirmed":    "salesorders.CREATE",
		"POST /salesorders/1/status/void":         "salesorders.CREATE",
		"POST /packages":                          "packages.CREATE",
		"DELETE /packages/1":                      "packages.DELETE",
		"POST /shipmentorders":                    "shipmentorders.CREATE",
		"PUT /shipmentorders/1":                   "shipmentorders.UPDATE",
		"DELETE /shipmentorders/1":                "shipmentorders.DELETE",
		"POST /shipmentorders/1/status/delivered": "shipmentorders.CREATE",
	}
	for what, scope := range calls {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			method, path, _ := strings.Cut(what, " ")
			module, _, _ := strings.Cut(scope, ".")
			grant := func(scopes ...string) answer {
				b.SetClient(zohotest.Client{
					ID: zohotest.ClientID, Secret: zohotest.ClientSecret, RefreshTokens: []string{zohotest.RefreshToken},
					Scopes: scopes,
				})
				return b.call(t, method, path, "")
			}
			var others []string
			for _, granted := range zohotest.Scopes() {
				if granted != "ZohoInventory."+scope {
					others = append(others, granted)
				}
			}
			wantCode(t, grant(others...), 401, 57)
			wantCode(t, grant("ZohoInventory.FullAccess.all"), 401, 57)
			for _, enough := range []string{scope, module + ".ALL", "fullaccess.all"} {
				if got := grant("ZohoInventory." + enough); got.status == 401 {
					t.Errorf("with %s the answer is %s", enough, got.raw)
				}
			}
			if got := grant(zohotest.Scopes()...); got.status == 401 {
				t.Errorf("with the scopes of the plugin the answer is %s", got.raw)
			}
		})
	}
}
