// Package merchants serves the MerchantService: the accounts whose orders and
// shipments are copied.
package merchants
