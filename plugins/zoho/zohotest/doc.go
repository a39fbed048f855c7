// Package zohotest is a stand-in for Zoho Inventory, the API v1 with its accounts
// (OAuth) server, as strict as the project's reference says the real one is, for
// the tests of the Zoho plugin and for a first run without a Zoho account.
//
// It serves several organisations with items, contacts, sales orders, packages and
// shipment orders; refuses what Zoho refuses, ignores silently what Zoho ignores
// (and writes down what), computes totals exactly, counts calls a minute, in flight
// and a day, blocks an organisation that asks too much, and fails on request in the
// ways a service on the internet fails.
//
//	stand := zohotest.New()
//	base := stand.Start(t)             // accounts server: base; API: base + zohotest.Root
//	org := stand.Org("")               // the first organisation; or by id
//	item := org.AddItem(zohotest.Item{SKU: "LP-15", Name: "Laptop", Rate: "122"})
//	stand.Script(zohotest.Reset().AfterStore().On("POST", "/salesorders"))
//	// … run the client with zohotest.ClientID, ClientSecret, RefreshToken, OrganisationID …
//	order, ok := org.Order("ACME-100234")
//	for _, v := range stand.Violations() { t.Error(v) }
//
// # What a test has in hand
//
//   - New takes Options: WithClock, WithOrganisations, WithClients, WithItems,
//     WithoutLimits, WithRefusal and WithoutRefusal (the refusals whose code nobody
//     has seen, by Rule), WithQuirks, WithTokenErrorStatus, WithSearchDelay,
//     WithTaxRounding, WithFieldLimit, WithAPIDomain, WithFaults, WithWatcher,
//     WithWriteWatcher.
//   - Server: Start, Release, Org, Script, ForgetFaults, Journal with Filters, ForgetJournal,
//     Violations, Counters, ResetCounters, SetQuirk, SetClient, RevokeRefreshToken,
//     KillTokens, IssueToken, Block.
//   - Org: AddItem, AddContact, SetItemStatus, SetContactStatus, SetAutoNumbers,
//     Invoice, Orders, Order, Items, Contacts, Packages, Shipments, Currencies,
//     CurrencyID, Taxes.
//   - Faults: Status, Failure, Blocked, QuotaUsedUp, TooManyInFlight, FalseSuccess,
//     Body, HTML, NotJSON, WrongType, Empty, Redirect, Reset, Hang, Truncated,
//     Garbled, Slow, Late, Throttled, Quirky; each with On, Times, After, AfterStore.
//   - The command and every Server show their state at /_journal, /_salesorders,
//     /_contacts, /_items, /_packages, /_shipments, /_counters and /_violations, and
//     take POST /_faults, /_items, /_contacts, /_statuses and /_quirks.
//
// # Certainty
//
// Facts of the outside world come from the Zoho Inventory reference of the project;
// the comments name its sections. What it calls uncertain is either a Rule, whose
// refusal a test can change or take away, or a Quirk, which a test can switch on, or
// the stricter reading, and then the comment says so. The codes of such rules are
// made up, from 990001, so that no client can know them.
//
// A body may only have fields that the reference lists; any other, a number where
// an id must be text, or a secret in a URL is a Violation: it is refused, or where
// Zoho is known to take no notice only written down.
//
// Not served, since no client of the project calls them: the approval workflow, bulk
// confirmation, quick shipments, locations, invoices, consent screens.
package zohotest
