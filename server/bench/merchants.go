package bench

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sync/errgroup"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// shape says how merchants are connected.
type shape struct {
	connections    int
	target, plugin string
	filter         string
	terse, paused  bool
}

// connect makes merchants whose ids begin with a prefix, and returns their names.
func (w *world) connect(ctx context.Context, prefix string, count int, s shape) ([]string, error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(callers)
	var names []string
	for i := range count {
		id := fmt.Sprintf("%s-%d", prefix, i)
		names = append(names, "merchants/"+id)
		group.Go(func() error { return w.connectOne(ctx, id, s) })
	}
	return names, group.Wait()
}

func (w *world) connectOne(ctx context.Context, id string, s shape) error {
	_, err := apiv1.NewMerchantServiceClient(w.client).CreateMerchant(ctx, &apiv1.CreateMerchantRequest{MerchantId: id})
	if err != nil {
		return fmt.Errorf("create merchant: %w", err)
	}
	service := apiv1.NewConnectionServiceClient(w.client)
	for i := range s.connections {
		made, err := service.CreateConnection(ctx, &apiv1.CreateConnectionRequest{
			Parent: "merchants/" + id, ConnectionId: fmt.Sprintf("c-%d", i),
			Connection: &apiv1.Connection{
				Plugin:   s.plugin,
				Settings: map[string]string{"url": s.target, "terse": strconv.FormatBool(s.terse)},
				Secrets:  map[string]string{"api_key": "key-of-" + id}, Filter: s.filter,
			},
		})
		if err != nil {
			return fmt.Errorf("create connection: %w", err)
		}
		if !s.paused {
			continue
		}
		_, err = service.PauseConnection(ctx, &apiv1.PauseConnectionRequest{Name: made.GetConnection().GetName()})
		if err != nil {
			return fmt.Errorf("pause connection: %w", err)
		}
	}
	return nil
}
