//go:build race

package app_test

// raceDetector says that this test runs with the race detector, so that the
// programs it starts do too.
const raceDetector = true
