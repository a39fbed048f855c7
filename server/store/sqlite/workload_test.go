//go:build unix

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spurline/spurline/server/store"
)

// workload is callers that submit, send and edit, and write down what they were
// told.
type workload struct {
	s        *Store
	merchant int64
	// orders copies orders, both tracking too.
	orders, both int64
	ledger       *ledger
	// enough ends the callers.
	enough atomic.Bool
}

// ledger is what callers were told.
type ledger struct {
	mu sync.Mutex
	// revisions of orders by id, and of parcels by number.
	orders, parcels map[string]int64
	deliveries      map[store.DeliveryID]told
	// version of the connection that is edited.
	version int64
	// closing: every caller has got its answer and the store is being closed.
	closing bool
}

// told is what is known of a delivery: that it was made, and its last outcome.
type told struct {
	orderID string
	state   store.DeliveryState
	sends   int
}

func (l *ledger) copy() *ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &ledger{
		orders: maps.Clone(l.orders), parcels: maps.Clone(l.parcels), deliveries: maps.Clone(l.deliveries),
		version: l.version, closing: l.closing,
	}
}

func (l *ledger) note(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func newWorkload(t *testing.T, s *Store) *workload {
	t.Helper()
	merchant, err := s.CreateMerchant(t.Context(), store.Merchant{ID: "m", CreateTime: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	w := &workload{s: s, merchant: merchant.Key, ledger: &ledger{
		orders: map[string]int64{}, parcels: map[string]int64{}, deliveries: map[store.DeliveryID]told{},
	}}
	connect := func(id string, takes store.Takes) int64 {
		c, err := s.CreateConnection(t.Context(), store.Connection{
			MerchantKey: merchant.Key, ID: id, Takes: takes, State: store.Active, Check: store.Untested,
			CreateTime: time.Now(),
		})
		if err != nil {
			t.Fatal(err)
		}
		return c.Key
	}
	w.orders = connect("orders", store.Takes{Orders: true})
	w.both = connect("both", store.Takes{Orders: true, Tracking: true})
	return w
}

// submitter submits orders and shipments of its own, new ones and revisions, and
// gives some of their deliveries an outcome, until it is enough.
func (w *workload) submitter(caller uint64, random *rand.Rand) error {
	var made []store.DeliveryID
	for n := 0; n < 2000 && !w.enough.Load(); n++ {
		id := fmt.Sprintf("%d-%d", caller, random.IntN(n/2+1))
		content := fmt.Sprintf("%s-%d", id, n)
		submission := store.Submission{}
		if random.IntN(3) == 0 {
			for _, parcel := range []string{"a", "b"} {
				submission.Parcels = append(submission.Parcels, store.ParcelSubmission{
					NumberKey: id + parcel, Number: id + parcel, OrderID: id, ShipmentID: id,
					Hash: []byte(content), Body: []byte(strings.Repeat(content, random.IntN(200))),
				})
			}
		} else {
			submission.Order = &store.OrderSubmission{
				OrderID: id, Hash: []byte(content), Body: []byte(strings.Repeat(content, random.IntN(2000))),
			}
		}
		ids, err := w.submit(submission)
		if err != nil {
			return err
		}
		for made = append(made, ids...); len(made) > 5; made = made[1:] {
			if err := w.complete(made[0], random); err != nil {
				return err
			}
		}
	}
	return nil
}

// submit has it accepted, against the connections as they are.
func (w *workload) submit(submission store.Submission) ([]store.DeliveryID, error) {
	ctx := context.Background()
	submission.MerchantKey, submission.Now = w.merchant, time.Now()
	var receipt store.Receipt
	for {
		version, wants, err := w.s.PlannedConnections(ctx, w.merchant)
		if err != nil {
			return nil, err
		}
		submission.ConfigVersion = version
		for _, want := range wants {
			if submission.Order != nil || want.Takes.Tracking {
				submission.Wants = append(submission.Wants, want)
			}
		}
		receipt, err = w.s.Accept(ctx, submission)
		submission.Wants = nil
		if err == nil {
			break
		} else if !errors.Is(err, store.ErrConfigChanged) {
			return nil, err
		}
	}
	var made []store.DeliveryID
	w.ledger.note(func() {
		for i, record := range receipt.Records {
			orderID := ""
			if submission.Order != nil {
				orderID = submission.Order.OrderID
				w.ledger.orders[orderID] = record.Revision
			} else {
				orderID = submission.Parcels[i].OrderID
				w.ledger.parcels[submission.Parcels[i].NumberKey] = record.Revision
			}
			for _, d := range record.Deliveries {
				w.ledger.deliveries[d.ID] = told{orderID: orderID}
				made = append(made, d.ID)
			}
		}
	})
	return made, nil
}

// complete gives a delivery an outcome.
func (w *workload) complete(id store.DeliveryID, random *rand.Rand) error {
	states := []store.DeliveryState{store.Delivered, store.Delivered, store.Skipped, store.Failed, store.Pending}
	c := store.Completion{
		ID: id, State: states[random.IntN(len(states))], Sends: 1, Spent: 1, Now: time.Now(), Due: time.Now(),
		Attempt: &store.Attempt{Number: 1, Start: time.Now(), Outcome: store.OutcomeDelivered, HTTPStatus: 200},
		Remote:  &store.RemoteRecord{RemoteID: id.String()},
	}
	if err := w.s.Complete(context.Background(), []store.Completion{c}); err != nil {
		return err
	}
	w.ledger.note(func() {
		noted := w.ledger.deliveries[id]
		noted.state, noted.sends = c.State, 1
		w.ledger.deliveries[id] = noted
	})
	return nil
}

// editor edits a connection until it is enough.
func (w *workload) editor() error {
	for !w.enough.Load() {
		c, err := w.s.ConnectionByKey(context.Background(), w.orders)
		if err != nil {
			return err
		}
		c.Title = fmt.Sprint("title ", c.Version)
		edited, _, err := w.s.EditConnection(context.Background(), store.ConnectionEdit{
			Connection: c, SettingsChanged: c.Version%5 == 0, Now: time.Now(),
		})
		if err != nil {
			return err
		}
		w.ledger.note(func() { w.ledger.version = edited.Version })
	}
	return nil
}
