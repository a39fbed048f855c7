// Package webhooktest is a receiver of webhooks by Standard Webhooks 1.0.0, for the
// tests of the webhook plugin. It is as strict as the specification lets a receiver
// be, and knows the types and data of Spurline's events: what is not as promised is
// refused with 400 and noted.
//
//	receiver := webhooktest.New(webhooktest.Secret)
//	base := receiver.Start(t)
//	receiver.Script(webhooktest.Status(503).Times(2))
//	// … send events to base …
//	for _, e := range receiver.Journal() {
//		t.Log(e.Type, e.Status, e.Problems)
//	}
//
// It shares no code with the plugin, so that a fault of the one is not excused by
// the same fault of the other.
package webhooktest
