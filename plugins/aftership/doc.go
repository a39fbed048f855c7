// Package aftership is the plugin that forwards tracking numbers to AfterShip.
//
// A tracking number becomes one tracking in the merchant's AfterShip account,
// with the facts that are known: the order id exactly as submitted, the ship
// date, the destination country, the order source, and who uploaded it. An edit
// updates the tracking, a voided label takes it back, and a number that is there
// already is looked up and compared before anything is claimed or changed.
//
//	sdk.Main(aftership.Plugin())
//
// How AfterShip behaves is told by the AfterShip API reference of the project,
// whose sections the comments name; what it leaves open is decided here:
//
//   - An optional fact that AfterShip could not take (an unusable country, a day
//     that no calendar has) or refuses by name is left out with a warning in the
//     hint, since a tracking without it is worth more than none. An order source
//     above 512 characters is cut.
//   - White space is taken out of tracking numbers and lower case made upper case;
//     a number with other characters, or of another length, is rejected unsent.
//   - A 5xx is tried again as one that may have arrived all the same.
//   - Only what bears the mark of Spurline, and the order of the record, is
//     updated without being asked, and only that is ever deleted.
package aftership
