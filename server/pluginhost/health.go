package pluginhost

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"
)

// healthService is the service whose health go-plugin's servers report.
const healthService = "plugin"

// watch returns an error once the process counts as hung, or has more memory than it may,
// nil when ctx ends. A process that answered anything since the last check is healthy and not asked:
// being busy is no fault.
func (i *instance) watch(ctx context.Context, timings Timings) error {
	ticker := time.NewTicker(timings.HealthInterval)
	defer ticker.Stop()
	seen, misses := i.lastAnswer.Load(), 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := i.checkMemory(); err != nil {
			return err
		}
		var err error
		if i.lastAnswer.Load() == seen {
			err = i.ask(ctx, timings.HealthTimeout)
		}
		if answer := i.lastAnswer.Load(); answer != seen {
			seen, misses = answer, 0
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		misses++
		if misses >= timings.HealthMisses {
			return fmt.Errorf("hung: %d health checks in a row failed, the last one: %w", misses, err)
		}
	}
}

// ask makes one health check.
func (i *instance) ask(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	response, err := i.link.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: healthService})
	if err != nil {
		return i.bounded(err)
	}
	if status := response.GetStatus(); status != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("its health is %s", status)
	}
	i.answered()
	return nil
}
