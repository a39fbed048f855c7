// Package intake takes orders and shipments from internal services: it
// validates, plans which connections want the record, has the store keep both in
// one commit, and answers. OK means kept (promise P1); every other answer means
// that nothing was changed.
package intake
