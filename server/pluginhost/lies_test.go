package pluginhost

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
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
