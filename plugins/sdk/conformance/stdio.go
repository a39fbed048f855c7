package conformance

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
)

// stdioMethod is how plugins made with hashicorp/go-plugin send what they print once
// they serve: that library puts pipes in the place of the standard streams. Nobody
// else needs it.
const stdioMethod = "/plugin.GRPCStdio/StreamStdio"

// listen takes what the process prints by that way, until its connection ends. A host
// does so too; without a reader the pipes fill up and the plugin stops.
func (p *process) listen() {
	p.listening.Go(func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		stream, err := p.conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, stdioMethod)
		if err != nil || stream.SendMsg(&emptypb.Empty{}) != nil || stream.CloseSend() != nil {
			return
		}
		for {
			// Its message type is internal to that library, so it is read as unknown
			// fields of an empty one.
			message := &emptypb.Empty{}
			if stream.RecvMsg(message) != nil {
				return // It ended, or has no such service.
			}
			_, _ = p.stdio.Write(printed(message.ProtoReflect().GetUnknown()))
		}
	})
}

// printed is field 2 of the message.
func printed(raw []byte) []byte {
	const data protowire.Number = 2
	for len(raw) > 0 {
		number, kind, n := protowire.ConsumeTag(raw)
		if n < 0 {
			return nil
		}
		raw = raw[n:]
		if number == data && kind == protowire.BytesType {
			text, _ := protowire.ConsumeBytes(raw)
			return text
		}
		if n = protowire.ConsumeFieldValue(number, kind, raw); n < 0 {
			return nil
		}
		raw = raw[n:]
	}
	return nil
}
