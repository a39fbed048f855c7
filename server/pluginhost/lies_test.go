package pluginhost

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Whatever a plugin answers, the call ends with an error that says so, what it
// hands on is bounded, and the process goes on (promise P7).
func TestAnswersAgainstTheContract(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		id       string
		code     codes.Code
		contract bool
		results  int
	}{
		{id: "quit", code: codes.OK},
		{id: "giant", code: codes.ResourceExhausted},
		{id: "giant-error", code: codes.Internal},
		{id: "long-error", code: codes.Internal},
		{id: "malformed", code: codes.Internal},
		{id: "flood", contract: true, results: 2 * resultsPerDelivery},
		{id: "empty-flood", contract: true},
		{id: "garbage", code: codes.Unavailable},
	} {
		t.Run(test.id, func(t *testing.T) {
			t.Parallel()
			b := run(t, []string{"good"})
			before := b.ready(t, "good")
			got, err := b.forward(t, "good", test.id, "2")
			if len(got) != test.results {
				t.Errorf("%d results, want %d", len(got), test.results)
			}
			if errors.Is(err, ErrContract) != test.contract || errors.Is(err, ErrLost) ||
				!test.contract && status.Code(err) != test.code {
				t.Errorf("err = %v, want code %s, contract %v", err, test.code, test.contract)
			}
			if err != nil && len(err.Error()) > 2*mostErrorText {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			if got, err := b.forward(t, "good", "3"); err != nil || len(got) != 1 {
				t.Errorf("next call = %v, %v", got, err)
			}
			if after, _ := b.Plugin("good"); after.PID != before.PID || after.Starts != 1 {
				t.Errorf("the process was replaced: %+v", after)
			}
		})
	}
}

// liar answers what it should not.
type liar struct {
	pluginv1.ExtraInterfaceServiceClient
	grpc_health_v1.HealthClient

	description *pluginv1.Description
	err         error
}

func (l liar) Describe(
	context.Context, *pluginv1.DescribeRequest, ...grpc.CallOption,
) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{Description: l.description}, l.err
}

func (l liar) Check(
	context.Context, *grpc_health_v1.HealthCheckRequest, ...grpc.CallOption,
) (*grpc_health_v1.HealthCheckResponse, error) {
	return nil, l.err
}

// What a plugin answers to a health check or says of itself becomes the reason of a crash
// report: bounded, and less what it must not tell (promise P8).
func TestReasonsAreBoundedAndTellNoSecret(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lie := liar{
			// Little, with much that is wrong with it.
			description: &pluginv1.Description{Settings: slices.Repeat([]*pluginv1.SettingField{{}}, 100_000)},

			err: status.Error(codes.Internal, "no login with hunter2hunter2"+strings.Repeat(" at all", 5000)),
		}
		i := &instance{name: "liar", runner: newRunner(binary{}, nil, false, discard(), newLineLog())}
		i.link = &link{extra: lie, health: lie}
		i.veil().Connections(telling("tell").GetConnections()...)
		hung := i.watch(t.Context(), Timings{HealthInterval: time.Second, HealthTimeout: time.Second, HealthMisses: 2})
		failed := i.describe(t.Context())
		for name, err := range map[string]error{"health": hung, "description": failed} {
			if status.Code(err) != codes.Internal || len(err.Error()) > 2*mostErrorText {
				t.Errorf("%s: code %s, %d bytes", name, status.Code(err), len(err.Error()))
			}
			mustNotTell(t, name, err.Error())
		}
		lie.err = nil
		i.link.extra = lie
		err := i.describe(t.Context())
		if !errors.Is(err, ErrRefused) || len(err.Error()) > 2*mostFaults {
			t.Errorf("refusal of %d bytes: %.100v", len(err.Error()), err)
		}
	})
}

// A call that hangs past its deadline holds nobody else up (promise P7).
func TestHangPastTheDeadline(t *testing.T) {
	t.Parallel()
	b := run(t, []string{"good"})
	before := b.ready(t, "good")
	ctx, cancel := context.WithCancel(context.Background())
	underWay, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- b.ForwardTracking(ctx, "good", batch("1", "hang"), func(*pluginv1.DeliveryResult) { close(underWay) })
	}()
	<-underWay
	if got, err := b.forward(t, "good", "2"); err != nil || len(got) != 1 {
		t.Errorf("call beside it = %v, %v", got, err)
	}
	cancel()
	if err := <-ended; status.Code(err) != codes.Canceled {
		t.Errorf("err = %v, want CANCELED", err)
	}
	short, done := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer done()
	err := b.ForwardTracking(short, "good", batch("hang"), ignore)
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("err = %v, want DEADLINE_EXCEEDED", err)
	}
	if got, err := b.forward(t, "good", "3"); err != nil || len(got) != 1 {
		t.Errorf("next call = %v, %v", got, err)
	}
	if after, _ := b.Plugin("good"); after.PID != before.PID || after.Crashes != 0 {
		t.Errorf("status = %+v", after)
	}
}
