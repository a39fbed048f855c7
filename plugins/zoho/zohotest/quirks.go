package zohotest

// Quirk is something that the real API does only sometimes, or may do.
type Quirk string

const (
	// FiltersIgnored lists everything whatever the filter (Zoho Inventory reference,
	// sections 3.4, 4 and 10).
	FiltersIgnored Quirk = "filters_ignored"
	// EmailFilterIgnored takes no notice of email on the list of contacts, as one
	// guide claims (section 4).
	EmailFilterIgnored Quirk = "email_filter_ignored"
	// OtherSpelling answers with the keys of Zoho's document, sales_order and
	// shipment_order, in place of those on the wire (section 2).
	OtherSpelling Quirk = "other_spelling"
	// PackageArray answers a package as an array of one (section 2).
	PackageArray Quirk = "package_array"
	// InlineAddresses honours billing_address and shipping_address in a sales order,
	// which are otherwise ignored; the effect is uncertain (section 3.2).
	InlineAddresses Quirk = "inline_addresses"
	// ItemTax gives a line without tax_id the tax of its item; uncertain.
	ItemTax Quirk = "item_tax"
	// ExactNumbers compares numbers of sales orders byte by byte; otherwise blanks
	// are trimmed and case is folded, as the sister product does (section 3.4).
	ExactNumbers Quirk = "exact_numbers"
	// NoRateHeaders leaves the headers of the daily quota out (section 8).
	NoRateHeaders Quirk = "no_rate_headers"
	// NoRetryAfter leaves Retry-After out of a block (section 8).
	NoRetryAfter Quirk = "no_retry_after"
)

// quirkNames are all that exist.
func quirkNames() []Quirk {
	return []Quirk{
		FiltersIgnored, EmailFilterIgnored, OtherSpelling, PackageArray, InlineAddresses, ItemTax, ExactNumbers,
		NoRateHeaders, NoRetryAfter,
	}
}

// SetQuirk switches a quirk on or off.
func (s *Server) SetQuirk(q Quirk, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quirks[q] = on
}
