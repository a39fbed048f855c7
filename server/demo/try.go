package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/resource"
)

// TryOptions of Try.
type TryOptions struct {
	// Client is connected to a server that has the plugin and nothing else.
	Client grpc.ClientConnInterface
	// Plugin is its name; Settings and Secrets make a connection to it.
	Plugin            string
	Settings, Secrets map[string]string
	Out               io.Writer
}

// Try connects the sample merchant to a plugin, submits its order and shipment, and
// prints every send of every delivery until all of them are over or the context ends. One
// on which the plugin panics or that it does not answer is not followed any further, and
// how a process of the plugin ended is told once. After a send that was not answered in
// time, no other is waited for. The error says what was not delivered.
func Try(ctx context.Context, options TryOptions) error {
	t := &trial{TryOptions: options}
	if err := createMerchant(ctx, t.Client); err != nil {
		return err
	}
	tested, err := connect(ctx, t.Client, t.Plugin, &apiv1.Connection{
		Plugin: t.Plugin, Settings: t.Settings, Secrets: t.Secrets,
	})
	if err != nil {
		return t.failed(ctx, err)
	}
	if err := t.showTest(tested); err != nil {
		return err
	}
	names, err := t.submit(ctx)
	if err != nil {
		return err
	}
	failed := 0
	for _, name := range names {
		arrived, err := t.follow(ctx, name)
		if err != nil {
			return err
		}
		if !arrived {
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d deliveries did not arrive%s", failed, len(names), t.broken)
	}
	t.printf("\nall %d arrived\n", len(names))
	return nil
}

// trial is one plugin being tried.
type trial struct {
	TryOptions

	// broken says how the plugin broke down, if it did.
	broken string
	// hangs says that a send was not answered in time.
	hangs bool
	// crashTold says that the end of its process was shown.
	crashTold bool
}

func (t *trial) printf(format string, args ...any) { _, _ = fmt.Fprintf(t.Out, format, args...) }

// showTest prints the test of the connection; an error if that cannot work.
func (t *trial) showTest(tested *apiv1.TestConnectionResponse) error {
	for _, fault := range tested.GetFaults() {
		if fault.GetReason() == panicked {
			return errors.New(fault.GetHint())
		}
		t.printf("fault of %q: %s: %s\n", fault.GetField(), fault.GetReason(), fault.GetHint())
	}
	for _, warning := range tested.GetWarnings() {
		t.printf("note: %s\n", warning)
	}
	if tested.GetCheckState() != apiv1.CheckState_CHECK_STATE_PASSED {
		return errors.New("the test of the connection did not pass: correct the settings, " +
			"and see that the extra interface can be reached")
	}
	t.printf("connected to account %q (%s)\n", tested.GetAccountId(), tested.GetAccountName())
	return nil
}

// submit hands in the sample order and its shipment, and returns the deliveries that
// follow from them.
func (t *trial) submit(ctx context.Context) ([]string, error) {
	var names []string
	add := func(references []*apiv1.DeliveryReference) {
		for _, reference := range references {
			names = append(names, reference.GetName())
		}
	}
	intake := apiv1.NewIntakeServiceClient(t.Client)
	order, err := intake.SubmitOrder(ctx, &apiv1.SubmitOrderRequest{
		Parent: resource.Merchant(merchantID), Order: sampleOrder(time.Now()),
	})
	if err != nil {
		return nil, err
	}
	add(order.GetDeliveries())
	shipment, err := intake.SubmitTracking(ctx, &apiv1.SubmitTrackingRequest{
		Parent: resource.Merchant(merchantID), Shipment: sampleShipment(time.Now()),
	})
	if err != nil {
		return nil, err
	}
	for _, parcel := range shipment.GetParcels() {
		add(parcel.GetDeliveries())
	}
	t.printf("submitted an order and its shipment of %d parcels: %d deliveries\n", len(shipment.GetParcels()), len(names))
	return names, nil
}

// follow prints what happens to a delivery until that is over, and says whether it
// arrived. A person watches it, so a tenth of a second is soon enough.
func (t *trial) follow(ctx context.Context, name string) (arrived bool, err error) {
	deliveries := apiv1.NewDeliveryServiceClient(t.Client)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	var shown uint32
	for {
		answer, err := deliveries.GetDelivery(ctx, &apiv1.GetDeliveryRequest{Name: name})
		if err != nil {
			return false, err
		}
		d := answer.GetDelivery()
		if number := d.GetLastAttempt().GetNumber(); number > shown {
			t.showAttempt(d)
			shown = number
			if over, err := t.brokeDown(ctx, d.GetLastAttempt()); err != nil || over {
				return false, err
			}
		}
		switch d.GetState() {
		case apiv1.DeliveryState_DELIVERY_STATE_DELIVERED, apiv1.DeliveryState_DELIVERY_STATE_SKIPPED:
			return true, nil
		case apiv1.DeliveryState_DELIVERY_STATE_PENDING, apiv1.DeliveryState_DELIVERY_STATE_BLOCKED,
			apiv1.DeliveryState_DELIVERY_STATE_UNSPECIFIED:
		default:
			return false, nil
		}
		if t.hangs {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-tick.C:
		}
	}
}

func (t *trial) showAttempt(d *apiv1.Delivery) {
	a := d.GetLastAttempt()
	what := "order " + d.GetOrderId()
	if d.GetTrackingNumber() != "" {
		what = "tracking " + d.GetTrackingNumber()
	}
	outcome := strings.TrimPrefix(a.GetOutcome().String(), "ATTEMPT_OUTCOME_")
	t.printf("\n%s: %s", what, outcome)
	for _, part := range []string{a.GetReason(), d.GetRemoteId(), d.GetRemoteUrl()} {
		if part != "" {
			t.printf(" %s", part)
		}
	}
	t.printf("\n")
	for _, line := range []struct{ title, text string }{
		{"sent", a.GetRequestExcerpt()}, {"answered", a.GetResponseExcerpt()}, {"to do", a.GetHint()},
	} {
		if line.text != "" {
			t.printf("  %-9s %s\n", line.title, t.short(a, strings.TrimSpace(line.text)))
		}
	}
	next, pending := d.GetNextAttemptTime(), d.GetState() == apiv1.DeliveryState_DELIVERY_STATE_PENDING
	if next != nil && pending && !endsTrial(a.GetReason()) {
		t.printf("  %-9s %s\n", "again", next.AsTime().Local().Format(time.TimeOnly))
	}
}
