// Package dispatch takes due deliveries out of lanes, hands them to plugins, and
// writes the outcomes down.
//
// One goroutine, the loop, owns the lanes and accounts and decides whose turn it
// is; it never waits for a disk or a network. Around it, data flows one way:
//
//	wake ▶ loop ─ round ▶ fetch (reads) ─▶ loop ─ call ▶ plugin ─ results ▶ ledger (writes) ─▶ loop
//
// A delivery under way is known in memory only: in the store it stays pending
// until its outcome is committed, so a crash loses nothing (promise P2), and the
// store tells after an unclean end which sends may have arrived (promise P3).
package dispatch
