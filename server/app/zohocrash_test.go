package app_test

import "testing"

// TestZohoCrashes is TestCrashes in the small, where each merchant has Zoho beside
// AfterShip: both plugins are killed, and Zoho fails in every way it can as well. In
// the end Zoho has each order and each parcel once too, with the facts of their last
// revision, orders before their parcels (promises P1, P2, P3, P4 and P7). The flags of
// TestCrashes size it, in the same proportion, but it is never patient: lanes whose
// access token was ended are resumed by hand.
//
//nolint:paralleltest // It looks for goroutines that are left over.
func TestZohoCrashes(t *testing.T) {
	sizes := crashing
	sizes.messages, sizes.merchants, sizes.kills = sizes.messages/4, sizes.merchants/4, sizes.kills/3
	sizes.troubles, sizes.patient = sizes.troubles/3, false
	sizes.plugins = []string{"aftership", "zoho"}
	crash(t, sizes)
}
