package zoho

import (
	"errors"
	"strings"

	"github.com/spurline/spurline/plugins/sdk"
	"github.com/spurline/spurline/plugins/zoho/internal/pricing"
)

// Settings are what a merchant enters for a connection.
//
//nolint:lll // A struct tag is one line.
type Settings struct {
	DataCentre      string     `setting:"data_center" title:"Data center" required:"true" default:"us" choices:"us=United States (.com),eu=Europe (.eu),in=India (.in),au=Australia (.com.au),jp=Japan (.jp),ca=Canada (zohocloud.ca),sa=Saudi Arabia (.sa),cn=China (.com.cn)" help:"Where the organization lives: what the address of Zoho Inventory in your browser ends with."`
	Organisation    string     `setting:"organization_id" title:"Organization ID" required:"true" pattern:"[0-9]{1,20}" help:"The number that Zoho Inventory shows under Settings > Organization Profile."`
	ClientID        string     `setting:"client_id" title:"Client ID" required:"true" pattern:"[!-~]{4,200}" help:"Of the Self Client in the API console of Zoho accounts."`
	ClientSecret    sdk.Secret `setting:"client_secret" title:"Client secret" required:"true" pattern:"[!-~]{4,200}" help:"Of the same Self Client."`
	RefreshToken    sdk.Secret `setting:"refresh_token" title:"Refresh token" required:"true" pattern:"[!-~]{4,500}" help:"What the code of the API console was exchanged for. It does not expire, but Zoho deletes the oldest of more than 20 of a user."`
	NumberPrefix    string     `setting:"order_number_prefix" title:"Prefix of sales order numbers" pattern:"[!-~]{0,40}" help:"Goes before the number of every sales order. Needed where several shops or merchants copy to one organization, so that their numbers differ. Orders that were copied before keep their number until they are edited, and their parcels are not found until then."`
	NumberFrom      string     `setting:"sales_order_number" title:"Sales order number" default:"order_id" choices:"order_id=The order id,order_number=The number the customer knows" help:"What sales orders are numbered by. The order id is their reference number in either case. Do not change it while orders are under way."`
	Confirm         bool       `setting:"confirm_orders" title:"Confirm orders" default:"true" help:"Confirm sales orders, so that Zoho commits stock to them. While this is off they stay drafts until their first parcel. An order on hold is a draft in any case."`
	CustomerID      string     `setting:"customer_id" title:"Customer" pattern:"[0-9]{1,20}" help:"Id of a customer at Zoho for orders without an e-mail address, or for all."`
	CustomerUse     string     `setting:"customer_id_use" title:"Use of the customer" default:"without_email" choices:"without_email=Orders without an e-mail address,all=All orders" help:"Which orders are of customer_id. All others are of the customer with their e-mail address and currency."`
	CreateCustomers bool       `setting:"create_customers" title:"Create customers" default:"true" help:"Create customers that Zoho does not have. While this is off, orders of such customers are rejected."`
	AddressMode     string     `setting:"addresses" title:"Addresses" default:"stored" choices:"stored=Stored with the customer,inline=In the sales order,none=Those that the customer has" help:"How addresses get into a sales order. Stored ones are certain and cost a call or two for each new address; Zoho may ignore addresses in the sales order. All orders of customer_id have theirs in the sales order."`
	SKUMapping      string     `setting:"sku_mapping" title:"SKU mapping" help:"Which SKU of Zoho stands for one of the shop, as shop=zoho, one a line or separated by commas. A * in place of the shop's SKU stands for all that Zoho does not have, and for lines without one."`
	TaxIDs          string     `setting:"tax_ids" title:"Taxes" help:"Which tax of Zoho stands for a rate in percent, as 8.25=4815000000012345, one a line or separated by commas. Tax that no rate explains goes into the adjustment of the sales order."`
	CustomFields    string     `setting:"custom_fields" title:"Custom fields" help:"Which custom field of Zoho's sales orders takes which fact of an order, as fact=cf_name, one a line or separated by commas. Facts are order_source, order_number, customer_id, shipping_method, promised_delivery_date, and the names of extra fields."`
	UpdateExisting  bool       `setting:"update_existing" title:"Update what is there" default:"false" help:"Also write our facts to a sales order or shipment that somebody else made. While this is off, such a one is left as it is."`
	MarkDelivered   bool       `setting:"mark_delivered" title:"Mark as delivered" default:"false" help:"Mark shipments as delivered as soon as they are made, for merchants whose orders count as fulfilled when they leave."`
	CallsPerMinute  int        `setting:"calls_per_minute" title:"Calls a minute" default:"80" pattern:"[1-9][0-9]{0,3}|10000" help:"How many calls the organization gets from here, 1 to 10000. Zoho blocks it for half an hour or more above 100, and other programs and people share these. All connections of an organization should have the same."`
	ConcurrentCalls int        `setting:"concurrent_calls" title:"Calls at once" default:"4" pattern:"[1-9][0-9]?|100" help:"1 to 100. Zoho allows 5 on the free plan, 10 on others, also shared."`
	DailyShare      int        `setting:"daily_share" title:"Share of the calls a day" default:"90" pattern:"[1-9][0-9]?|100" help:"In percent, 1 to 100. When so many of the organization's calls of the day are used, here or elsewhere, records wait for the next day, so that some are left for people."`
	APIBase         string     `setting:"api_base_url" kind:"url" title:"Address of the API" help:"Only for data centers that are not in the list, tests and proxies. Empty means that of the data center."`
	AccountsBase    string     `setting:"accounts_base_url" kind:"url" title:"Address of the accounts server" help:"Gives tokens. Empty means that of the data center, or api_base_url if that is given."`
}

// Choices of the settings that are acted on.
const (
	numberFromOrderNumber = "order_number"
	customerForAll        = "all"
	addressesStored       = "stored"
	addressesInline       = "inline"
)

// rules are the settings, read.
type rules struct {
	Settings
	skus         map[string]string
	taxes        pricing.Taxes
	customFields []sdk.Pair
}

// anySKU stands in the mapping for SKUs that Zoho does not have.
const anySKU = "*"

// read reads the settings. All faults of all of them are in the error, of type
// sdk.Faults.
func (s Settings) read() (rules, error) {
	r := rules{Settings: s, skus: map[string]string{}}
	var faults sdk.Faults
	pairs, err := sdk.ParsePairs(s.SKUMapping)
	faults.Add("sku_mapping", err)
	for _, pair := range pairs {
		r.skus[pair.Name] = pair.Value
	}
	r.taxes, err = pricing.ParseTaxes(s.TaxIDs)
	faults.Add("tax_ids", err)
	r.customFields, err = sdk.ParsePairs(s.CustomFields)
	faults.Add("custom_fields", err)
	if s.CustomerUse == customerForAll && s.CustomerID == "" {
		faults.Add("customer_id", errors.New("is missing, although customer_id_use is for all orders"))
	}
	return r, faults.Err()
}

// withDefaults fills in what is missing. A 0 that a merchant enters does not get here:
// the patterns refuse it.
func (s Settings) withDefaults() Settings {
	if s.CallsPerMinute == 0 {
		s.CallsPerMinute = 80
	}
	if s.ConcurrentCalls == 0 {
		s.ConcurrentCalls = 4
	}
	if s.DailyShare == 0 {
		s.DailyShare = 90
	}
	if s.AddressMode == "" {
		s.AddressMode = addressesStored
	}
	s.APIBase, s.AccountsBase = strings.TrimRight(s.APIBase, "/"), strings.TrimRight(s.AccountsBase, "/")
	return s
}
