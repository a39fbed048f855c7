package pluginhost

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// link is the connection to one process with the clients of its services.
type link struct {
	conn     *grpc.ClientConn
	health   grpc_health_v1.HealthClient
	extra    pluginv1.ExtraInterfaceServiceClient
	tracking pluginv1.TrackingForwardServiceClient
	orders   pluginv1.OrderCopyServiceClient
}

func newLink(conn *grpc.ClientConn) *link {
	return &link{
		conn:     conn,
		health:   grpc_health_v1.NewHealthClient(conn),
		extra:    pluginv1.NewExtraInterfaceServiceClient(conn),
		tracking: pluginv1.NewTrackingForwardServiceClient(conn),
		orders:   pluginv1.NewOrderCopyServiceClient(conn),
	}
}

func dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(pluginv1.MaxCallBytes),
			grpc.MaxCallSendMsgSize(pluginv1.MaxCallBytes),
		),
		grpc.WithMaxHeaderListSize(mostHeaders),
		// Windows that adapt measure the link with a ping for every message.
		grpc.WithStaticStreamWindowSize(streamWindow),
		grpc.WithStaticConnWindowSize(linkWindow),
		grpc.WithDisableServiceConfig(),
		// A record must not be sent twice behind our back.
		grpc.WithDisableRetry(),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: 5 * time.Second}),
		grpc.WithStreamInterceptor(guardStreams),
	}
}

const (
	// streamWindow bytes of results may be on their way in a call. Those of a usual
	// batch fit in; the host holds no more for a plugin that floods (promise P7).
	streamWindow = 512 << 10
	// linkWindow bytes may be on their way in all calls of a process.
	linkWindow = 4 << 20
)

// mostHeaders bytes of headers and trailers, with the text of an error, are
// taken from a plugin.
const mostHeaders = 64 << 10

const (
	brokerStream = "/plugin.GRPCBroker/StartStream"
	stdioStream  = "/plugin.GRPCStdio/StreamStdio"
)

// guardStreams stands between go-plugin and the streams it opens on its own.
// The broker's is refused: the contract does not use it, and every message of
// the plugin on it costs the host a goroutine. A failure to open the stdio
// stream is always reported as UNAVAILABLE, because at any other code go-plugin
// forgets to close the connection.
func guardStreams(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	if method == brokerStream {
		return nil, status.Error(codes.Unimplemented, "the host does not use the broker")
	}
	stream, err := open(ctx, desc, conn, method, options...)
	if err != nil && method == stdioStream {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return stream, err
}
