package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
	"github.com/spurline/spurline/server/resource"
)

// logWait is how long the log of a process may be behind the end of a call.
const logWait = 2 * time.Second

// failed is the error of a call that the plugin failed, which says no more than that. It
// prints what the plugin panicked with there and where, or how its process ended.
func (t *trial) failed(ctx context.Context, err error) error {
	if status.Code(err) != codes.Unavailable {
		return err
	}
	p, found := t.findPanic(ctx)
	if !found {
		crashed, failed := ShowCrash(ctx, t.TryOptions)
		if crashed {
			return errors.New("the plugin's process ended: mend that and try again")
		}
		return errors.Join(err, failed)
	}
	t.printf("\nthe plugin panicked in %s: %s\n", p.In, p.Panic)
	for _, line := range panicking(p.Stack) {
		t.printf("  %s\n", line)
	}
	return fmt.Errorf("the plugin panicked in %s: mend that and try again", p.In)
}

// findPanic waits for the first panic in the plugin's log, for at most logWait.
func (t *trial) findPanic(ctx context.Context) (p pluginv1.LoggedPanic, found bool) {
	ctx, cancel := context.WithTimeout(ctx, logWait)
	defer cancel()
	lines, err := apiv1.NewPluginServiceClient(t.Client).TailLogs(ctx, &apiv1.TailLogsRequest{
		Name: resource.Plugin(t.Plugin), Follow: true,
	})
	for err == nil {
		var line *apiv1.TailLogsResponse
		if line, err = lines.Recv(); err != nil {
			break
		}
		if p, found = pluginv1.ReadPanic([]byte(line.GetText())); found {
			return p, true
		}
	}
	return pluginv1.LoggedPanic{}, false
}

// kit begins the functions that call the plugin's.
const kit = "github.com/spurline/spurline/plugins/sdk."

// panicking are the first lines of a stack from where the panic was, up to the kit.
func panicking(stack string) []string {
	lines := strings.Split(strings.TrimSpace(stack), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "panic(") {
			lines = lines[min(i+2, len(lines)):] // Its place is the runtime's.
			break
		}
	}
	for i, line := range lines {
		if i > 0 && strings.HasPrefix(line, kit) {
			lines = lines[:i]
			break
		}
	}
	return lines[:min(len(lines), mostCrashLines)]
}
