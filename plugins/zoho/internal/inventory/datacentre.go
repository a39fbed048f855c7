package inventory

// DataCentre is where an organisation lives. Tokens of one are useless in another
// (section 1.1).
type DataCentre struct {
	// Name is what the merchant chooses, such as "eu".
	Name string
	// API and Accounts are the addresses of the API and of the tokens, without a
	// slash at the end.
	API, Accounts string
	// Web is the address that the merchant's browser shows.
	Web string
}

// DataCentres are those whose API is known (section 1.1). The United Kingdom and the
// Emirates are missing as nobody says where theirs is; the settings take addresses.
func DataCentres() []DataCentre {
	return []DataCentre{
		{"us", "https://www.zohoapis.com", "https://accounts.zoho.com", "https://inventory.zoho.com"},
		{"eu", "https://www.zohoapis.eu", "https://accounts.zoho.eu", "https://inventory.zoho.eu"},
		{"in", "https://www.zohoapis.in", "https://accounts.zoho.in", "https://inventory.zoho.in"},
		{"au", "https://www.zohoapis.com.au", "https://accounts.zoho.com.au", "https://inventory.zoho.com.au"},
		{"jp", "https://www.zohoapis.jp", "https://accounts.zoho.jp", "https://inventory.zoho.jp"},
		{"ca", "https://www.zohoapis.ca", "https://accounts.zohocloud.ca", "https://inventory.zohocloud.ca"},
		{"sa", "https://www.zohoapis.sa", "https://accounts.zoho.sa", "https://inventory.zoho.sa"},
		{"cn", "https://www.zohoapis.com.cn", "https://accounts.zoho.com.cn", "https://inventory.zoho.com.cn"},
	}
}
