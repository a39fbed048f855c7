// Package standin is what the stand-ins of extra interfaces have in common: faults by
// script, holding calls back, the state shown to a person, and being a program.
//
// What a stand-in is strict about, its codes, envelopes and quirks, is its own. It
// makes its faults of the ones here, under its own name:
//
//	type Fault = standin.Fault[*Server]
//
//	func HTML(status int) Fault { return standin.HTML[*Server](status) }
//
// and in its handler, with its state locked, takes the next one of its Script: a fault
// that is AsUsual is begun and then forgotten, any other one happens instead of the
// answer, which is made nevertheless if the fault is one of LosesAnswer.
//
// No plugin imports it, only what stands in for the other side, as the kit's own tests
// of plugins do.
package standin
