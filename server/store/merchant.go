package store

import "time"

// Merchant is an account whose orders and shipments are copied.
type Merchant struct {
	// Key is the engine's own key; zero until created.
	Key int64
	// ID is the id chosen by the caller, "[a-z0-9-]".
	ID    string
	Title string
	// Version grows with every edit of the merchant itself.
	Version int64
	// ConfigVersion grows with every change that planning depends on: when one
	// of its connections is created, edited, disabled, resumed or deleted.
	ConfigVersion int64
	CreateTime    time.Time
	UpdateTime    time.Time
}
