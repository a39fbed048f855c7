package zohotest

// listOrganisations serves GET /organizations. Its members are those of the sister
// product; the reference names none (uncertain).
func (s *Server) listOrganisations(c *call) *reply {
	all := []any{}
	for _, o := range s.organisations {
		if c.client.belongsTo(o.ID) {
			all = append(all, o.render(len(all) == 0))
		}
	}
	return shown("organizations", all)
}

func (s *Server) showOrganisation(c *call) *reply {
	return shown("organization", c.org.render(true))
}

func (o *organisation) render(isDefault bool) map[string]any {
	base := o.Currencies[0]
	return map[string]any{
		"organization_id": o.ID, "name": o.Name, "is_default_org": isDefault, "is_org_active": true,
		"plan_name": o.Plan, "plan_type": 0, "plan_period": "Monthly", "time_zone": o.TimeZone,
		"language_code": "en", "currency_id": base.ID, "currency_code": base.Code,
		"price_precision": base.Decimals,
	}
}

func (s *Server) listCurrencies(c *call) *reply {
	base := c.org.Currencies[0].ID
	return page(c, "currencies", c.org.Currencies, func(of Currency) map[string]any {
		return map[string]any{
			"currency_id": of.ID, "currency_code": of.Code, "currency_name": of.Code,
			"price_precision": of.Decimals, "is_base_currency": of.ID == base, "exchange_rate": 1,
		}
	})
}

func (s *Server) listTaxes(c *call) *reply {
	return page(c, "taxes", c.org.Taxes, func(of Tax) map[string]any {
		return map[string]any{
			"tax_id": of.ID, "tax_name": of.Name, "tax_percentage": of.Percentage.json(), "tax_type": "tax",
		}
	})
}
