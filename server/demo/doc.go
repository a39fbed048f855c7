// Package demo does the main job before the user's eyes: it connects a sample
// merchant to a stand-in for AfterShip, submits an order with several tracking
// numbers over real gRPC, and shows each number arrive. It is a client like any
// other and knows nothing of the server's inside.
package demo
