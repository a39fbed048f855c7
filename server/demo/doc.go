// Package demo does the main job before the user's eyes: it connects a sample
// merchant to stand-ins for AfterShip and Zoho Inventory, submits an order with
// several tracking numbers over real gRPC, and shows each of them arrive. It is a client like any
// other and knows nothing of the server's inside.
package demo
