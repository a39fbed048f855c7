// Package sdkproof holds no code to use: its tests run AfterShip's official Node
// library against the stand-in and against what the plugin sends, so that both
// are checked by somebody who is not us.
//
// The library is pinned in package-lock.json for two generations, 2025-07 and
// 2026-07. To run the tests, have Node 16.20 or later and say
//
//	npm ci --prefix plugins/aftership/sdkproof
//
// Without it they are skipped, but fail where the environment says CI=true.
package sdkproof
