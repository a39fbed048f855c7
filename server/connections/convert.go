package connections

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
	"github.com/spurline/spurline/server/lookup"
	"github.com/spurline/spurline/server/resource"
	"github.com/spurline/spurline/server/store"
)

// toProto shows a connection without its secrets.
func toProto(c store.Connection) *apiv1.Connection {
	shown := &apiv1.Connection{
		Name:          nameOf(c),
		Plugin:        c.Plugin,
		Title:         c.Title,
		Settings:      c.Settings,
		Filter:        c.Filter,
		AllowRepeats:  c.AllowRepeats,
		State:         stateToProto(c.State),
		PauseReason:   c.PauseReason,
		PauseHint:     c.PauseHint,
		CheckState:    checkToProto(c.Check),
		CheckTime:     timeToProto(c.CheckTime),
		AccountId:     c.AccountID,
		AccountName:   c.AccountName,
		CreateTime:    timeToProto(c.CreateTime),
		UpdateTime:    timeToProto(c.UpdateTime),
		Etag:          etag(c),
		NotBeforeTime: timeToProto(c.NotBefore),
		RecheckTime:   timeToProto(c.RecheckTime),
	}
	if c.WaitForOrder > 0 {
		shown.WaitForOrder = durationpb.New(c.WaitForOrder)
	}
	for _, name := range sortedNames(c.SecretTimes) {
		shown.SecretStatuses = append(shown.SecretStatuses, &apiv1.SecretStatus{
			Name: name, SetTime: timeToProto(c.SecretTimes[name]),
		})
	}
	return shown
}

func nameOf(c store.Connection) string { return resource.Connection(c.MerchantID, c.ID) }

func etag(c store.Connection) string { return lookup.Etag(c.Key, c.Version) }

func stateToProto(state store.ConnectionState) apiv1.ConnectionState {
	switch state {
	case store.Active:
		return apiv1.ConnectionState_CONNECTION_STATE_ACTIVE
	case store.Paused:
		return apiv1.ConnectionState_CONNECTION_STATE_PAUSED
	case store.Disabled:
		return apiv1.ConnectionState_CONNECTION_STATE_DISABLED
	}
	return apiv1.ConnectionState_CONNECTION_STATE_UNSPECIFIED
}

func checkToProto(check store.CheckState) apiv1.CheckState {
	switch check {
	case store.Untested:
		return apiv1.CheckState_CHECK_STATE_UNTESTED
	case store.Passed:
		return apiv1.CheckState_CHECK_STATE_PASSED
	case store.Faulty:
		return apiv1.CheckState_CHECK_STATE_FAILED
	}
	return apiv1.CheckState_CHECK_STATE_UNSPECIFIED
}

func timeToProto(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
