package pluginhost

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Method is a call of the plugin contract, as counted in Status.Calls.
type Method string

// The methods that are counted.
const (
	MethodForwardTracking Method = "forward_tracking"
	MethodCopyOrders      Method = "copy_orders"
	MethodCheckConnection Method = "check_connection"
	MethodPreview         Method = "preview"
	MethodCheckSettings   Method = "check_settings"
)

// Result is how a call ended, as counted in Status.Calls.
type Result string

// The results that are counted.
const (
	// ResultOK: the plugin answered and ended the call.
	ResultOK Result = "ok"
	// ResultLost: ErrLost.
	ResultLost Result = "lost"
	// ResultDeadline: the context ended first.
	ResultDeadline Result = "deadline"
	// ResultUnavailable: ErrUnavailable; the plugin was not called.
	ResultUnavailable Result = "unavailable"
	// ResultUnsupported: ErrUnsupported, which is how a plugin says that it lacks an
	// optional method.
	ResultUnsupported Result = "unsupported"
	// ResultError: any other error.
	ResultError Result = "error"
)

// CallCount is how many calls of a method ended in a result.
type CallCount struct {
	Method Method
	Result Result
	// Isolated tells the calls made through Host.Isolation from the others.
	Isolated bool
	Count    uint64
}

// tally counts the calls of one plugin. Safe for concurrent use.
type tally struct {
	mu sync.Mutex
	// counts by what is counted, which is a CallCount without its Count.
	counts map[CallCount]uint64
}

func newTally() *tally { return &tally{counts: map[CallCount]uint64{}} }

// count notes the end of a call with the error that its caller gets.
func (t *tally) count(method Method, isolated bool, err error) {
	kind := CallCount{Method: method, Result: resultOf(err), Isolated: isolated}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[kind]++
}

// sorted returns what was counted, in an order that never changes.
func (t *tally) sorted() []CallCount {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := make([]CallCount, 0, len(t.counts))
	for kind, n := range t.counts {
		kind.Count = n
		counts = append(counts, kind)
	}
	slices.SortFunc(counts, func(a, b CallCount) int {
		if order := cmp.Or(cmp.Compare(a.Method, b.Method), cmp.Compare(a.Result, b.Result)); order != 0 {
			return order
		}
		if b.Isolated {
			return -1
		}
		return 1
	})
	return counts
}

func resultOf(err error) Result {
	switch {
	case err == nil:
		return ResultOK
	case errors.Is(err, ErrLost):
		return ResultLost
	case errors.Is(err, ErrUnavailable):
		return ResultUnavailable
	case errors.Is(err, ErrUnsupported):
		return ResultUnsupported
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return ResultDeadline
	}
	if code := status.Code(err); code == codes.DeadlineExceeded || code == codes.Canceled {
		return ResultDeadline
	}
	return ResultError
}
