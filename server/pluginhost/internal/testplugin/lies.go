package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// lies are answers against the contract, by the id of the delivery.
var lies = map[string]func(grpc.ServerStream) error{
	// Ends the stream before its results.
	"quit": func(grpc.ServerStream) error { return nil },
	"giant": func(stream grpc.ServerStream) error {
		return stream.SendMsg(answer(strings.Repeat("x", pluginv1.MaxCallBytes)))
	},
	"giant-error": func(grpc.ServerStream) error {
		return status.Error(codes.Internal, strings.Repeat("x", 1<<20))
	},
	"long-error": func(grpc.ServerStream) error {
		return status.Error(codes.Internal, strings.Repeat("x", 10<<10))
	},
	// A field of the number and the wire type of results with something else in it.
	"malformed": func(stream grpc.ServerStream) error {
		return stream.SendMsg(wrapperspb.Bytes([]byte("\xff\xff\xff")))
	},
	"flood": func(stream grpc.ServerStream) error {
		return endlessly(stream, answer("again"))
	},
	"empty-flood": func(stream grpc.ServerStream) error {
		return endlessly(stream, &pluginv1.ForwardTrackingResponse{})
	},
	"garbage": writeGarbage,
}

func answer(excerpt string) *pluginv1.ForwardTrackingResponse {
	return &pluginv1.ForwardTrackingResponse{Results: []*pluginv1.DeliveryResult{{
		DeliveryId: "flood", Outcome: pluginv1.Outcome_OUTCOME_DELIVERED, ResponseExcerpt: excerpt,
	}}}
}

// endlessly sends until the host has enough.
func endlessly(stream grpc.ServerStream, message any) error {
	for {
		if err := stream.SendMsg(message); err != nil {
			return err
		}
	}
}

// writeGarbage writes past gRPC to every socket of the process.
func writeGarbage(stream grpc.ServerStream) error {
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return err
	}
	for _, link := range links {
		fd, err := strconv.Atoi(filepath.Base(link))
		if target, _ := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:") {
			_, _ = syscall.Write(fd, []byte(strings.Repeat("garbage ", 1024)))
		}
	}
	<-stream.Context().Done()
	return nil
}
