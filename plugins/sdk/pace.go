package sdk

import (
	"cmp"
	"errors"
	"math"

	pluginv1 "github.com/spurline/spurline/proto/spurline/plugin/v1"
)

// What a Pace means where it is zero.
const (
	DefaultRequestsPerSecond = 5
	DefaultBurst             = 10
	DefaultConcurrency       = 8
	DefaultBatchRecords      = 50
	DefaultBatchBytes        = 1 << 20
)

// Pace says how fast one account may be called until it says otherwise. A zero
// field has its default.
type Pace struct {
	// RequestsPerSecond counts records.
	RequestsPerSecond float64
	// Burst is how many records may go at once after a pause.
	Burst int
	// Concurrency is how many records of an account are in flight at once, over
	// all calls of the host. The kit enforces it.
	Concurrency int
	// BatchRecords is the most records in one call.
	BatchRecords int
	// BatchBytes is the most bytes of records in one call, up to 4 MiB.
	BatchBytes int
}

func (p Pace) withDefaults() Pace {
	return Pace{
		RequestsPerSecond: cmp.Or(p.RequestsPerSecond, DefaultRequestsPerSecond),
		Burst:             cmp.Or(p.Burst, DefaultBurst),
		Concurrency:       cmp.Or(p.Concurrency, DefaultConcurrency),
		BatchRecords:      cmp.Or(p.BatchRecords, DefaultBatchRecords),
		BatchBytes:        cmp.Or(p.BatchBytes, DefaultBatchBytes),
	}
}

func (p Pace) hints() *pluginv1.PaceHints {
	return &pluginv1.PaceHints{
		RequestsPerSecond: p.RequestsPerSecond,
		Burst:             uint32(p.Burst),
		Concurrency:       uint32(p.Concurrency),
		BatchRecords:      uint32(p.BatchRecords),
		BatchBytes:        uint32(p.BatchBytes),
	}
}

// mostBatchBytes is the most that a call can carry.
const mostBatchBytes = 4 << 20

func (p Pace) faults() []error {
	var faults []error
	if p.RequestsPerSecond < 0 || math.IsNaN(p.RequestsPerSecond) || math.IsInf(p.RequestsPerSecond, 0) {
		faults = append(faults, errors.New("pace: requests per second: is no rate"))
	}
	if min(p.Burst, p.Concurrency, p.BatchRecords, p.BatchBytes) < 0 {
		faults = append(faults, errors.New("pace: is negative"))
	}
	if p.BatchBytes > mostBatchBytes {
		faults = append(faults, errors.New("pace: batch bytes: more than 4 MiB"))
	}
	return faults
}
