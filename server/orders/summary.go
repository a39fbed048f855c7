package orders

import (
	"fmt"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// summarise says one sentence about a whole story. takers names what takes the
// tracking of the merchant.
func summarise(story *apiv1.Story, connections int, takers []string) string {
	numbers, expected, counts := 0, 0, map[apiv1.DeliveryState]int{}
	for _, record := range story.GetRecords() {
		if record.GetKind() == apiv1.RecordKind_RECORD_KIND_TRACKING {
			numbers++
		}
		for _, told := range record.GetConnections() {
			expected++
			state := told.GetDelivery().GetState()
			if told.GetDelivery().GetRevision() < record.GetRevision() && ended(state) {
				state = apiv1.DeliveryState_DELIVERY_STATE_UNSPECIFIED // What is there is older.
			}
			counts[state]++
		}
	}
	subject := "Order with " + times(numbers, "tracking number")
	if !story.GetOrderKnown() {
		subject = times(numbers, "tracking number") + " of an order that was not submitted itself"
	}
	switch {
	case expected == 0 && connections == 0:
		return subject + ": kept, but the merchant has no connection; ConnectionService.CreateConnection makes one."
	case expected == 0 && numbers == 0 && len(takers) > 0:
		take := "takes"
		if len(takers) > 1 {
			take = "take"
		}
		return fmt.Sprintf("Order without tracking numbers so far; %s %s tracking only.",
			strings.Join(takers, ", "), take)
	case expected == 0:
		return subject + ": kept, but no connection of the merchant takes such records."
	}
	var parts []string
	for _, part := range []struct {
		state apiv1.DeliveryState
		text  string
	}{
		{apiv1.DeliveryState_DELIVERY_STATE_DELIVERED, "delivered"},
		{apiv1.DeliveryState_DELIVERY_STATE_PENDING, "waiting"},
		{apiv1.DeliveryState_DELIVERY_STATE_BLOCKED, "waiting for the order"},
		{apiv1.DeliveryState_DELIVERY_STATE_FAILED, "failed and in need of a hand"},
		{apiv1.DeliveryState_DELIVERY_STATE_SKIPPED, "skipped on purpose"},
		{apiv1.DeliveryState_DELIVERY_STATE_CANCELLED, "cancelled"},
		{apiv1.DeliveryState_DELIVERY_STATE_SUPERSEDED, "superseded"},
		{apiv1.DeliveryState_DELIVERY_STATE_UNSPECIFIED, "not sent in this revision"},
	} {
		if n := counts[part.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, part.text))
		}
	}
	return fmt.Sprintf("%s: of %s %s.", subject, deliveriesCounted(expected), strings.Join(parts, ", "))
}

func ended(state apiv1.DeliveryState) bool {
	return state != apiv1.DeliveryState_DELIVERY_STATE_PENDING && state != apiv1.DeliveryState_DELIVERY_STATE_BLOCKED
}

func deliveriesCounted(n int) string {
	if n == 1 {
		return "1 delivery"
	}
	return fmt.Sprintf("%d deliveries", n)
}
