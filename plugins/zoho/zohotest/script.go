package zohotest

// On restricts the fault to a method and an endpoint such as "/salesorders",
// "/salesorders/{id}" or TokenEndpoint; an empty one matches all.
func (f Fault) On(method, endpoint string) Fault {
	f.method, f.endpoint = method, endpoint
	return f
}

// Times is how often it happens, once if not called.
func (f Fault) Times(n int) Fault {
	f.times = n
	return f
}

// After lets that many matching calls through first.
func (f Fault) After(calls int) Fault {
	f.skip = calls
	return f
}

// AfterStore lets the call take effect and loses the answer.
func (f Fault) AfterStore() Fault {
	f.afterStore = true
	return f
}

// Script adds faults behind those already scripted.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// ForgetFaults drops the scripted faults that are left.
func (s *Server) ForgetFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// nextFault takes the fault for a call, nil if there is none.
func (s *Server) nextFault(method, endpoint string) *Fault {
	if s.chooseFault != nil {
		if f, happens := s.chooseFault(method, endpoint); happens {
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
