// Package nodehook holds no code to use: it is the Node plugin's tests in Go, which
// build it from an export of the protos and run the conformance suite over it.
//
// To run them, have Node 18 or later and say
//
//	npm ci --prefix plugins/nodehook --ignore-scripts
//
// Without it they are skipped, but fail where the environment says CI=true.
package nodehook
