//go:build unix

package app_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/app"
	"github.com/spurline/spurline/server/store/sqlite/disktest"
)

// TestSyncFails has the disk not confirm a commit: the caller gets no OK, the server
// ends with an error that says why, and the next one has what was accepted
// (promises P1 and P2).
func TestSyncFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := disktest.New(t, dir)
	running, err := app.New(t.Context(), app.Options{Config: settings(dir), Log: &logBuffer{}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- running.Run(context.WithoutCancel(t.Context())) }()
	conn, err := grpc.NewClient(running.Address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = apiv1.NewMerchantServiceClient(conn).CreateMerchant(t.Context(), &apiv1.CreateMerchantRequest{
		MerchantId: "acme",
	})
	if err != nil {
		t.Fatal(err)
	}
	submit := func(id string) error {
		_, err := apiv1.NewIntakeServiceClient(conn).SubmitOrder(t.Context(), &apiv1.SubmitOrderRequest{
			Parent: "merchants/acme", Order: order(id, "amazon", "US"),
		})
		return err
	}
	if err := submit("accepted"); err != nil {
		t.Fatal(err)
	}
	disk.Fail(func(step disktest.Step) disktest.Code {
		if step.Sync && step.Log {
			return disktest.BadSync
		}
		return 0
	})
	if err := submit("refused"); err == nil {
		t.Error("an order was accepted that the disk has not confirmed")
	}
	err = <-ended
	if err == nil || !strings.Contains(err.Error(), "the store failed and the process ends") {
		t.Errorf("the server ended with %v, want the failure of the store", err)
	}
	disk.Fail(nil)
	next := startIn(t, dir)
	_, err = next.orders.GetOrder(t.Context(), &apiv1.GetOrderRequest{Parent: "merchants/acme", OrderId: "accepted"})
	if err != nil {
		t.Errorf("the order that was accepted: %v", err)
	}
}
