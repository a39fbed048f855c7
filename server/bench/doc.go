// Package bench measures the whole pipe with real processes: the load, the server
// as it is shipped, a plugin, and a stand-in for an extra interface. All of them
// share one machine, so rates say what it can do with all four; CPU per delivery,
// by process, is what compares well.
//
// A case of the table in cases.go runs for some seconds after a warm-up, in
// rounds, and reports the median round. The load never runs away: it holds back
// while more than a bound of deliveries has not arrived yet, so that what is
// accepted a second and what arrives a second are in balance.
package bench
