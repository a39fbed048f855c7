package zoho

import (
	"context"
	"time"
	_ "time/tzdata" // Zoho's day is that of the organisation, also on a machine without zones.

	"github.com/spurline/spurline/plugins/zoho/internal/inventory"
)

// day is the calendar date of an instant where the organisation is.
func (t *trip) day(ctx context.Context, at time.Time) (string, error) {
	o, err := t.organisation(ctx)
	if err != nil {
		return "", err
	}
	zone, err := time.LoadLocation(string(o.TimeZone))
	if err != nil {
		zone = time.UTC
	}
	return at.In(zone).Format(time.DateOnly), nil
}

// organisation is what the connection's organisation is like, read once a day.
func (t *trip) organisation(ctx context.Context) (inventory.Organisation, error) {
	now := t.c.clock.Now()
	if o, ok := t.c.shared.organisations.get(t.c.account, now); ok {
		return o, nil
	}
	a, err := t.need(ctx, inventory.ListOrganisations())
	if err != nil {
		return inventory.Organisation{}, err
	}
	o, _ := t.c.chosen(a.Envelope.Organisations())
	t.c.shared.organisations.put(t.c.account, o, now.Add(settingLife))
	return o, nil
}

// currencyID is the id of a currency that the organisation has.
func (t *trip) currencyID(ctx context.Context, code string) (string, error) {
	now := t.c.clock.Now()
	known, ok := t.c.shared.currencies.get(t.c.account, now)
	if id := known[code]; ok && id != "" {
		return id, nil
	}
	a, err := t.need(ctx, inventory.ListCurrencies())
	if err != nil {
		return "", err
	}
	known = map[string]string{}
	for _, currency := range a.Envelope.Currencies() {
		known[string(currency.Code)] = string(currency.ID)
	}
	t.c.shared.currencies.put(t.c.account, known, now.Add(settingLife))
	if id := known[code]; id != "" {
		return id, nil
	}
	return "", stopWith(rejected("CURRENCY_UNKNOWN", "the organisation has no currency "+code+
		": add it at Zoho under Settings > Currencies and retry", inventory.FixSettings))
}
