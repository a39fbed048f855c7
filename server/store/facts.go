package store

// Fact is an order fact that can be joined to a tracking record. The numbers
// are those of spurline.plugin.v1.OrderFact and are stored.
type Fact int

// FactCount is one more than the highest fact.
const FactCount = 12

// FactSet is a set of facts, one bit each.
type FactSet uint32

// Has says whether f is in the set.
func (s FactSet) Has(f Fact) bool { return s&(1<<f) != 0 }

// With returns the set with f.
func (s FactSet) With(f Fact) FactSet { return s | 1<<f }

// FactDigests holds a digest per fact, zero where the fact is absent.
type FactDigests [FactCount]uint64

// Over returns d with the facts it lacks taken from under. The order's own facts
// lie over those that a shipment carries itself.
func (d FactDigests) Over(under FactDigests) FactDigests {
	for f, digest := range d {
		if digest == 0 {
			d[f] = under[f]
		}
	}
	return d
}

// Changed returns the facts whose digests differ.
func (d FactDigests) Changed(other FactDigests) FactSet {
	var changed FactSet
	for f := range d {
		if d[f] != other[f] {
			changed = changed.With(Fact(f))
		}
	}
	return changed
}
