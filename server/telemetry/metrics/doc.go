// Package metrics counts what the server does, for Prometheus. It is told by
// interceptors of the API and by the dispatcher, and asks the store, the dispatcher
// and the plugin host when it is scraped.
//
// No label has a connection, a merchant, an order or a tracking number. Labels have
// few values, known in advance but for two: the plugins, which the operator
// installs, and their reasons, of which the first 50 of a plugin are told apart and
// the others are OTHER (promise P8: no secret, and nothing of a customer).
//
//	counted := metrics.New()
//	server := grpc.NewServer(grpc.ChainUnaryInterceptor(counted.Unary))
//	counted.WatchStore(store)
//	http.Serve(listener, counted.Handler(ready))
//
// docs/operations.md lists the metrics and says what to look at for which trouble.
package metrics
