// Package auth decides who may call which method for which merchant.
//
// A caller shows a token as the metadata "authorization: Bearer spl_…". The
// tokens file lists the SHA-256 of each token with a role and, if the token is
// not for all merchants, its merchants. What a role may do stands in one table,
// access.go; a method that is not in the table is refused.
//
//	guard, err := auth.Load("/etc/spurline/tokens.yaml")
//	...
//	server := grpc.NewServer(
//		grpc.ChainUnaryInterceptor(guard.Unary), grpc.ChainStreamInterceptor(guard.Stream))
//
// Items of a client stream name their merchants one by one: who handles the
// stream calls CheckMerchant for each.
package auth
