package webhook

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// kind is the type of an event.
type kind string

// The types of events.
const (
	orderCreated    kind = "order.created"
	orderUpdated    kind = "order.updated"
	orderCancelled  kind = "order.cancelled"
	trackingCreated kind = "tracking.created"
	trackingUpdated kind = "tracking.updated"
	trackingVoided  kind = "tracking.voided"
	// webhookTest is sent by the test of a connection, if that is chosen.
	webhookTest kind = "webhook.test"
)

func kinds() []kind {
	return []kind{orderCreated, orderUpdated, orderCancelled, trackingCreated, trackingUpdated, trackingVoided}
}

// chosen are the types of events that a connection wants.
type chosen map[kind]bool

// parseChosen reads "order.created, tracking.*", by comma or white space. Nothing
// means all.
func parseChosen(text string) (chosen, error) {
	wanted := chosen{}
	items := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	if len(items) == 0 {
		items = []string{"*"}
	}
	for _, item := range items {
		group, all := strings.CutSuffix(item, "*")
		found := false
		for _, k := range kinds() {
			if item == string(k) || all && strings.HasPrefix(string(k), group) && (group == "" || group[len(group)-1] == '.') {
				wanted[k], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no type %q: choose from order.*, tracking.*, %s", item, listed(kinds()))
		}
	}
	return wanted, nil
}

func listed(all []kind) string {
	names := make([]string, 0, len(all))
	for _, k := range all {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// String lists the types in their order.
func (c chosen) String() string {
	return listed(slices.DeleteFunc(kinds(), func(k kind) bool { return !c[k] }))
}
