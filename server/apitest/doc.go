// Package apitest serves API services to tests: over real gRPC in memory, behind
// the validation that the server has, on a real store, with plugins that are
// descriptions and functions.
package apitest
