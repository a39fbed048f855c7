package standin

// Script is the faults that are still to happen, oldest first. Its zero value is empty;
// who has it locks it.
type Script[S any] struct {
	// Choose may name the fault of a call before the script does.
	Choose func(method, endpoint string) (Fault[S], bool)
	faults []*Fault[S]
}

// Add puts faults behind those already there.
func (s *Script[S]) Add(faults ...Fault[S]) {
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// Forget drops the faults that are left.
func (s *Script[S]) Forget() { s.faults = nil }

// Next takes the first fault that matches a call and is not used up, nil if there is
// none.
func (s *Script[S]) Next(method, endpoint string) *Fault[S] {
	if s.Choose != nil {
		if f, happens := s.Choose(method, endpoint); happens {
			return &f
		}
	}
	for _, f := range s.faults {
		if f.times <= 0 || f.method != "" && f.method != method || f.endpoint != "" && f.endpoint != endpoint {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		f.times--
		return f
	}
	return nil
}
