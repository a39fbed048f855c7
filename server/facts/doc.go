// Package facts picks the facts of an order that a tracking record carries to a
// plugin, and names their content by digests so that a change of one of them is
// noticed. Every function here is pure.
package facts
