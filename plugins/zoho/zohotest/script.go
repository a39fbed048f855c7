package zohotest

// Script adds faults behind those already scripted.
func (s *Server) Script(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script.Add(faults...)
}

// ForgetFaults drops the scripted faults that are left.
func (s *Server) ForgetFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script.Forget()
}
