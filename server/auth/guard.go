package auth

import (
	"context"
	"crypto/sha256"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// Guard judges calls. It is safe for concurrent use.
type Guard struct {
	// callers are the known ones by the SHA-256 of their tokens, so that a
	// look-up tells nothing of a token by the time it takes.
	callers map[digest]caller
	// anyone is whom every call is from if there are no tokens.
	anyone *caller
	access map[string]rule
}

type digest [sha256.Size]byte

// AllowAll returns a Guard that takes every call for an administrator's. It is
// for servers that only their own machine reaches.
func AllowAll() *Guard {
	return &Guard{anyone: &caller{name: "local", role: Admin}, access: access()}
}

// Unary is the interceptor of unary calls.
func (g *Guard) Unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	if open(info.FullMethod) {
		return handler(ctx, request)
	}
	who, rule, err := g.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	if err := who.checkRequest(rule.scope, request); err != nil {
		return nil, err
	}
	return handler(with(ctx, who), request)
}

// Stream is the interceptor of streams. The request of a server stream is judged
// as it is received.
func (g *Guard) Stream(
	server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	if open(info.FullMethod) {
		return handler(server, stream)
	}
	who, rule, err := g.admit(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return handler(server, &guardedStream{
		ServerStream: stream, ctx: with(stream.Context(), who), who: who, scope: rule.scope,
	})
}

// admit returns who calls, if that role may call the method.
func (g *Guard) admit(ctx context.Context, method string) (caller, rule, error) {
	who, err := g.identify(ctx)
	if err != nil {
		return caller{}, rule{}, err
	}
	rule, known := g.access[method]
	short := strings.TrimPrefix(method, "/")
	switch {
	case !known:
		return caller{}, rule, forbidden("no role may call %s; correct the name of the method, "+
			"or update the client: reflection tells what the server has", short)
	case !rule.allows(who.role):
		return caller{}, rule, forbidden("token %q has the role %s, which may not call %s; that needs the role %s",
			who.name, who.role, short, rule.names())
	}
	return who, rule, nil
}

func (g *Guard) identify(ctx context.Context) (caller, error) {
	if g.anyone != nil {
		return *g.anyone, nil
	}
	headers := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(headers) == 0 {
		return caller{}, unauthenticated("the call carries no token; " +
			`send the metadata "authorization: Bearer <token>" with a token made by "spurline token new"`)
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return caller{}, unauthenticated(`the metadata "authorization" must be one "Bearer <token>"`)
	}
	who, known := g.callers[sha256.Sum256([]byte(strings.TrimSpace(token)))]
	if !known {
		return caller{}, unauthenticated("the token is not known here; " +
			`ask the operator for one, made by "spurline token new" and listed in the server's tokens file`)
	}
	return who, nil
}

// guardedStream judges what it receives and carries the caller.
type guardedStream struct {
	grpc.ServerStream
	ctx   context.Context
	who   caller
	scope scope
}

// Context is that of the stream with the caller in it.
func (s *guardedStream) Context() context.Context { return s.ctx }

// RecvMsg receives a message and judges it.
func (s *guardedStream) RecvMsg(message any) error {
	if err := s.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	return s.who.checkRequest(s.scope, message)
}

// checkRequest judges every merchant that a request names.
func (c caller) checkRequest(scope scope, request any) error {
	if len(c.merchants) == 0 || scope == ofNone || scope == ofItems {
		return nil
	}
	message, ok := request.(proto.Message)
	if scope == ofAll || !ok {
		return forbidden("token %q is for %s only, and this call is about all; use a token for all merchants",
			c.name, c.mine())
	}
	ids := merchantIDs(message.ProtoReflect())
	if len(ids) == 0 && scope == ofMerchant {
		return forbidden("token %q is for %s only, and the request names no merchant", c.name, c.mine())
	}
	for _, id := range ids {
		if err := c.checkMerchant(id); err != nil {
			return err
		}
	}
	return nil
}
