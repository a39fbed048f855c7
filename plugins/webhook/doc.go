// Package webhook is the plugin that sends orders and tracking as JSON to an HTTPS
// address of the merchant, by the specification Standard Webhooks 1.0.0, so that
// any system can be reached.
//
//	sdk.Main(webhook.Plugin(operator))
//
// One event is sent for each revision of an order and of a tracking record:
//
//	{"type": "order.updated", "timestamp": "2026-11-22T06:00:00Z",
//	 "data": {"merchant_id": "acme", "revision": 2, "order": {"order_id": "A-1", …}}}
//
// The order is spurline.commerce.v1.Order and the tracking record
// spurline.plugin.v1.TrackingRecord as protojson writes them, with the names of the
// proto files; what is not known is absent. What the specification and DESIGN.md
// leave open is decided here:
//
//   - webhook-id names a revision of a record in a connection, with its facts. It is
//     the same on every attempt, and another one when anything that is told changes,
//     also when facts change back.
//   - An event is "created" until one of the record has arrived, so a receiver that
//     answers too late may see it twice, under two ids. Receivers insert or update.
//   - Personal data and extra fields are sent only if a setting says so. What is
//     sent otherwise is a list of fields, so a new field is not sent by accident.
//   - No redirect is followed and no proxy is used; only public addresses are
//     connected to, and those that the operator lists (package dialguard).
//   - A send without an answer is UNKNOWN and repeated under its id. It is not RETRY,
//     since the host would take it that the facts before are still those at the
//     receiver.
package webhook
