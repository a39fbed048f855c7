// Package zoho is the plugin that copies orders and shipments to Zoho Inventory.
//
// An order becomes a sales order with all its lines, of a customer found by e-mail
// and currency. A parcel becomes a package and a shipment order with its tracking
// number, carrier and date. Edits change what is there, a cancelled order is void, the
// shipment of a voided parcel is taken back.
//
//	sdk.Main(zoho.Plugin())
//
// How Zoho behaves is told by the Zoho Inventory reference of the project, whose
// sections the comments name; what it leaves open is decided here:
//
//   - The number of a sales order follows from the order id, and its reference number
//     is the order id. That is how an order is found again; what a search finds is
//     always compared once more, since Zoho ignores filters at times (section 3.4).
//   - Prices go out as they are. Taxes go out by the rates of tax_ids, and what no rate
//     explains goes into the adjustment, so that Zoho's total is the order's.
//   - Nothing is left out of an order. A line whose item Zoho does not have, or has as
//     inactive, has the whole order rejected, and all such SKUs named.
//   - The items of Zoho are never changed, and its customers only get addresses.
//   - Only what Spurline made is changed or taken back without being asked.
package zoho
