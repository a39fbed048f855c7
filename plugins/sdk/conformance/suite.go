package conformance

import (
	"context"
	"sync/atomic"
	"time"

	commercev1 "github.com/spurline/spurline/proto/spurline/commerce/v1"
	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// Version of the list of checks. The first number grows when a plugin that passed
// may no longer do so, the second when a check is added or mended.
const Version = "2.0"

const (
	// patience is how long the suite waits for an answer before it calls that a
	// fault: far more than a plugin needs, on a busy machine too.
	patience = 20 * time.Second
	// startWithin is how long a host waits for a plugin to start.
	startWithin = 10 * time.Second
	// manyDeliveries are those of a step; there are four.
	manyDeliveries = 1500
	// endWithin is how long a plugin without deliveries may take to end. A host asks
	// by the end of stdin, then by SIGTERM, and kills it after a while.
	endWithin = 5 * time.Second
)

// suite is one run over one plugin.
type suite struct {
	binary  string
	name    string // Of the plugin, by its file.
	harness Harness
	// dir has the directories of all processes, by number.
	dir     string
	spawned atomic.Int64

	patience, startWithin time.Duration
	// many deliveries are a step of the check that looks for leaks.
	many int

	// description is nil if the plugin does not start.
	description *pluginv1.Description
	settings    map[string]string
	secrets     map[string]string
	tracking    []*pluginv1.TrackingRecord
	orders      []*commercev1.Order

	counter    atomic.Int64
	observed   observed
	breakdowns breakdowns
}

// idempotent says that a repeat makes no second record.
func (s *suite) idempotent() bool {
	switch s.description.GetIdempotency() {
	case pluginv1.Idempotency_IDEMPOTENCY_KEYED, pluginv1.Idempotency_IDEMPOTENCY_LOOKUP:
		return true
	default:
		return false
	}
}

// contracts are those that the plugin claims and this suite knows.
func (s *suite) contracts() []pluginv1.Contract {
	var known []pluginv1.Contract
	for _, contract := range s.description.GetContracts() {
		switch contract {
		case pluginv1.Contract_CONTRACT_TRACKING_FORWARD, pluginv1.Contract_CONTRACT_ORDER_COPY:
			known = append(known, contract)
		default:
		}
	}
	return known
}

// learn asks a first process what the plugin is. It returns why the plugin does not start,
// in words and in a reference to what the report tells first; empty if it does.
func (s *suite) learn(ctx context.Context) (trouble, reference string) {
	p, err := s.start(ctx, launch{})
	if err == nil {
		s.description, err = p.describe(ctx)
		p.end()
	}
	if err == nil {
		return "", ""
	}
	if p == nil {
		return err.Error(), "see trouble"
	}
	if ids := s.breakdowns.add(0, p.met()); len(ids) > 0 {
		return err.Error(), see(ids)
	}
	return err.Error(), "see trouble"
}
