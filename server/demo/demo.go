package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/resource"
)

// Options of Run.
type Options struct {
	// Client is connected to the server.
	Client grpc.ClientConnInterface
	// Connections are those that the sample merchant gets, by id.
	Connections map[string]*apiv1.Connection
	// Address of the server, for the lines to try next.
	Address string
	// Once says that the server ends with Run, so that there is nothing to try.
	Once bool
	Out  io.Writer
}

// Run shows the main job and returns when the order and every tracking number have
// arrived at every connection.
func Run(ctx context.Context, options Options) error {
	d := &demo{Options: options}
	steps := []struct {
		title string
		run   func(context.Context) error
	}{
		{"A merchant, and its connections", d.connect},
		{"An order, as the cart sent it", d.submitOrder},
		{"Its shipment: three parcels, three tracking numbers", d.submitTracking},
		{"The order and each number on their way to each connection", d.watch},
		{"The story of one tracking number", d.explain},
	}
	for i, step := range steps {
		d.printf("\n== %d. %s\n", i+1, step.title)
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.title, err)
		}
	}
	if !options.Once {
		d.next()
	}
	return nil
}

type demo struct {
	Options
	deliveries []string
}

func (d *demo) printf(format string, args ...any) { _, _ = fmt.Fprintf(d.Out, format, args...) }

func (d *demo) show(m proto.Message) {
	text := protojson.MarshalOptions{Multiline: true, Indent: "  "}.Format(m)
	d.printf("%s\n", text)
}

func (d *demo) connect(ctx context.Context) error {
	if err := createMerchant(ctx, d.Client); err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(d.Connections)) {
		tested, err := connect(ctx, d.Client, id, d.Connections[id])
		if err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		d.show(tested)
	}
	return nil
}

// createMerchant makes the sample merchant.
func createMerchant(ctx context.Context, client grpc.ClientConnInterface) error {
	_, err := apiv1.NewMerchantServiceClient(client).CreateMerchant(ctx, &apiv1.CreateMerchantRequest{
		MerchantId: merchantID, Merchant: &apiv1.Merchant{Title: "Demo Ltd"},
	})
	return err
}

// connect makes a connection of the sample merchant, and tests it.
func connect(
	ctx context.Context, client grpc.ClientConnInterface, id string, connection *apiv1.Connection,
) (*apiv1.TestConnectionResponse, error) {
	connections := apiv1.NewConnectionServiceClient(client)
	created, err := connections.CreateConnection(ctx, &apiv1.CreateConnectionRequest{
		Parent: resource.Merchant(merchantID), ConnectionId: id, Connection: connection,
	})
	if err != nil {
		return nil, err
	}
	return connections.TestConnection(ctx, &apiv1.TestConnectionRequest{Name: created.GetConnection().GetName()})
}

func (d *demo) submitOrder(ctx context.Context) error {
	answer, err := apiv1.NewIntakeServiceClient(d.Client).SubmitOrder(ctx, &apiv1.SubmitOrderRequest{
		Parent: resource.Merchant(merchantID), Order: sampleOrder(time.Now()),
	})
	if err != nil {
		return err
	}
	for _, delivery := range answer.GetDeliveries() {
		d.deliveries = append(d.deliveries, delivery.GetName())
	}
	d.show(answer)
	return nil
}

func (d *demo) submitTracking(ctx context.Context) error {
	answer, err := apiv1.NewIntakeServiceClient(d.Client).SubmitTracking(ctx, &apiv1.SubmitTrackingRequest{
		Parent: resource.Merchant(merchantID), Shipment: sampleShipment(time.Now()),
	})
	if err != nil {
		return err
	}
	for _, parcel := range answer.GetParcels() {
		for _, delivery := range parcel.GetDeliveries() {
			d.deliveries = append(d.deliveries, delivery.GetName())
		}
	}
	d.show(answer)
	return nil
}

// watch polls each delivery until it is there. A person watches it, so a tenth
// of a second is soon enough.
func (d *demo) watch(ctx context.Context) error {
	deliveries := apiv1.NewDeliveryServiceClient(d.Client)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for _, name := range d.deliveries {
		for {
			answer, err := deliveries.GetDelivery(ctx, &apiv1.GetDeliveryRequest{Name: name})
			if err != nil {
				return err
			}
			delivery := answer.GetDelivery()
			if delivery.GetState() == apiv1.DeliveryState_DELIVERY_STATE_DELIVERED {
				d.printf("%-26s DELIVERED to %-9s as %s after %d attempt(s)\n", subject(delivery),
					path.Base(delivery.GetConnection()), delivery.GetRemoteId(), delivery.GetSends())
				break
			}
			switch delivery.GetState() {
			case apiv1.DeliveryState_DELIVERY_STATE_PENDING, apiv1.DeliveryState_DELIVERY_STATE_BLOCKED:
			default:
				return fmt.Errorf("delivery of %s is %s: %s %s", subject(delivery),
					delivery.GetState(), delivery.GetReason(), delivery.GetHint())
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-tick.C:
			}
		}
	}
	return nil
}

// subject is what a delivery brings.
func subject(d *apiv1.Delivery) string {
	if d.GetTrackingNumber() != "" {
		return d.GetTrackingNumber()
	}
	return "order " + d.GetOrderId()
}

func (d *demo) explain(ctx context.Context) error {
	answer, err := apiv1.NewOrderServiceClient(d.Client).Explain(ctx, &apiv1.ExplainRequest{
		Parent:  resource.Merchant(resource.Any),
		Subject: &apiv1.ExplainRequest_TrackingNumber{TrackingNumber: "1Z999AA10123456784"},
	})
	if err != nil {
		return err
	}
	for _, story := range answer.GetStories() {
		d.printf("%s\n", story.GetSummary())
		for _, record := range story.GetRecords() {
			for _, connection := range record.GetConnections() {
				d.printf("  %s\n", connection.GetSummary())
			}
		}
	}
	return nil
}
