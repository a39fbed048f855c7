package pluginhost

import (
	"context"
	"fmt"
	"testing"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// BenchmarkForward is the hop to a plugin and back, with one-time TLS, per call.
func BenchmarkForward(b *testing.B) {
	dir := b.TempDir()
	install(b, dir, "good")
	host, err := New(Options{Dirs: []string{dir}, StateDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- host.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	}()
	if err := host.AwaitReady(ctx, "good"); err != nil {
		b.Fatal(err)
	}
	for _, records := range []int{1, 50} {
		b.Run(fmt.Sprintf("%d records", records), func(b *testing.B) {
			request := batch(make([]string, records)...)
			for b.Loop() {
				got := 0
				err := host.ForwardTracking(ctx, "good", request, func(*pluginv1.DeliveryResult) { got++ })
				if err != nil || got != records {
					b.Fatal(got, err)
				}
			}
		})
	}
}
