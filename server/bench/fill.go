package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	"github.com/spurline/spurline/server/store"
	"github.com/spurline/spurline/server/store/sqlite"
)

const (
	// fillConnections is how many lanes a merchant has.
	fillConnections = 10
	// fillParcels is how many parcels a shipment has at most.
	fillParcels = 50
	// fillers write at once, so that commits are as large as they may be.
	fillers = 512
)

// fill makes merchants with paused connections and deliveries that wait in all of
// their lanes, in an order that scatters each lane over the file, as time does.
func fill(ctx context.Context, kept *sqlite.Store, deliveries, lanes int) error {
	merchants := make([]fillMerchant, lanes/fillConnections)
	perMerchant := deliveries / len(merchants) / fillConnections
	parcels := min(fillParcels, perMerchant)
	group, making := errgroup.WithContext(ctx)
	group.SetLimit(fillers)
	for i := range merchants {
		group.Go(func() (err error) {
			merchants[i], err = newFillMerchant(making, kept, i)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return fillShipments(ctx, kept, merchants, len(merchants)*perMerchant/parcels, parcels)
}

// fillOne makes deliveries that wait in the lanes of one merchant, per lane.
func fillOne(ctx context.Context, kept *sqlite.Store, merchantID string, deliveries int) (err error) {
	var f fillMerchant
	if f.merchant, err = kept.MerchantByID(ctx, merchantID); err != nil {
		return err
	}
	if f.version, f.wants, err = kept.PlannedConnections(ctx, f.merchant.Key); err != nil {
		return err
	}
	return fillShipments(ctx, kept, []fillMerchant{f}, deliveries/fillParcels, fillParcels)
}

// fillShipments gives shipments to the merchants in turn.
func fillShipments(ctx context.Context, kept *sqlite.Store, merchants []fillMerchant, shipments, parcels int) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range fillers {
		group.Go(func() error {
			for {
				n := next.Add(1)
				if n > int64(shipments) {
					return nil
				}
				merchant := merchants[n%int64(len(merchants))]
				if _, err := kept.Accept(ctx, merchant.shipment(n, parcels)); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

type fillMerchant struct {
	merchant store.Merchant
	version  int64
	wants    []store.Want
}

func newFillMerchant(ctx context.Context, kept *sqlite.Store, i int) (f fillMerchant, err error) {
	now := time.Now()
	f.merchant, err = kept.CreateMerchant(ctx, store.Merchant{
		ID: fmt.Sprintf("m-%d", i), CreateTime: now, UpdateTime: now,
	})
	if err != nil {
		return f, err
	}
	for c := range fillConnections {
		_, err := kept.CreateConnection(ctx, store.Connection{
			MerchantKey: f.merchant.Key, MerchantID: f.merchant.ID, ID: fmt.Sprintf("c-%d", c), Plugin: "bench",
			Settings: map[string]string{"url": "http://127.0.0.1:9"}, Generation: 1, Takes: store.Takes{Tracking: true},
			State: store.Paused, PauseReason: store.PausedByOperator, Check: store.Untested, Version: 1,
			CreateTime: now, UpdateTime: now,
		})
		if err != nil {
			return f, err
		}
	}
	f.version, f.wants, err = kept.PlannedConnections(ctx, f.merchant.Key)
	return f, err
}

// shipment is one with so many parcels, each of which makes a delivery in every
// lane of the merchant.
func (f fillMerchant) shipment(n int64, parcels int) store.Submission {
	submission := store.Submission{
		MerchantKey: f.merchant.Key, ConfigVersion: f.version, Wants: f.wants, Now: time.Now(),
	}
	order := fmt.Sprintf("o-%d", n)
	for p := range parcels {
		number := fmt.Sprintf("1Z%012d%04d", n, p)
		body, err := proto.Marshal(&commercev1.Shipment{OrderId: order, Parcels: []*commercev1.Parcel{{
			TrackingNumber: number, Carrier: proto.String("UPS"), ShipDate: proto.String("2026-11-20"),
		}}})
		if err != nil {
			panic(err) // It is valid.
		}
		hash := sha256.Sum256(body)
		submission.Parcels = append(submission.Parcels, store.ParcelSubmission{
			NumberKey: number, Number: number, OrderID: order, Body: body, Hash: hash[:],
		})
	}
	return submission
}
