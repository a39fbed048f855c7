// Package validation says what is wrong with a message that a caller sent: every
// field at once, by its path, with the rule it breaks and never with its value.
//
// Message checks the rules written in the proto files. Order and Shipment check
// what those cannot say: codes that ISO assigns, days that exist, ids that are
// unique. The interceptors check every message a server receives, so that
// handlers see only messages that keep the rules of their proto.
//
//	server := grpc.NewServer(
//		grpc.ChainUnaryInterceptor(validation.Unary()),
//		grpc.ChainStreamInterceptor(validation.Stream()))
package validation
