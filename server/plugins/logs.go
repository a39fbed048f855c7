package plugins

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/fault"
	"github.com/spurline/spurline/server/lookup"
)

// ListCrashReports tells how the last processes of a plugin ended.
func (s *Service) ListCrashReports(
	_ context.Context, request *apiv1.ListCrashReportsRequest,
) (*apiv1.ListCrashReportsResponse, error) {
	name, err := parse(request.GetName())
	if err != nil {
		return nil, err
	}
	reports, installed := s.host.CrashReports(name)
	if !installed {
		return nil, lookup.NotInstalled(s.host, name)
	}
	response := &apiv1.ListCrashReportsResponse{}
	for _, report := range reports {
		response.CrashReports = append(response.CrashReports, reportToProto(report))
	}
	return response, nil
}

// TailLogs streams the lines of a plugin until the caller or the server has enough.
func (s *Service) TailLogs(
	request *apiv1.TailLogsRequest, stream grpc.ServerStreamingServer[apiv1.TailLogsResponse],
) error {
	name, err := parse(request.GetName())
	if err != nil {
		return err
	}
	var last uint64
	for first := true; ; first = false {
		lines, more, installed := s.host.Lines(name, last)
		if !installed {
			return lookup.NotInstalled(s.host, name)
		}
		if wanted := int(request.GetLines()); first && wanted > 0 {
			lines = lines[max(0, len(lines)-wanted):]
		}
		for _, line := range lines {
			missed := line.Number - last - 1
			if first {
				missed, first = 0, false
			}
			last = line.Number
			if err := stream.Send(&apiv1.TailLogsResponse{
				Time: timeToProto(line.Time), Pid: int64(line.PID), Stream: line.Stream, Text: line.Text, Missed: missed,
			}); err != nil {
				return err
			}
		}
		if !request.GetFollow() {
			return nil
		}
		select {
		case <-more:
		case <-stream.Context().Done():
			return nil // The caller has enough.
		case <-s.options.Draining:
			return fault.New(codes.Unavailable, apiv1.ErrorReason_ERROR_REASON_DRAINING,
				"the server stops; follow the lines of its next process")
		}
	}
}
