package validation

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// Unary checks every request before its handler sees it.
func Unary() grpc.UnaryServerInterceptor {
	return func(
		ctx context.Context, request any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
	) (any, error) {
		if m, ok := request.(proto.Message); ok {
			if err := Message(m); err != nil {
				return nil, err
			}
		}
		return handler(ctx, request)
	}
}

// Stream checks every message that a stream receives. A message that breaks a
// rule ends the stream.
func Stream() grpc.StreamServerInterceptor {
	return func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		return handler(server, checkedStream{stream})
	}
}

type checkedStream struct{ grpc.ServerStream }

// RecvMsg receives a message and checks it.
func (s checkedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if message, ok := m.(proto.Message); ok {
		return Message(message)
	}
	return nil
}
