// Package resource writes and reads the names of the API's resources, such as
// "merchants/acme/connections/tracking". Ids in names are "[a-z0-9-]"; the
// caller's own ids never stand in a name.
package resource

import (
	"fmt"
	"strings"
)

// Any stands for every merchant in calls that look at all of them.
const Any = "-"

// Merchant returns the name of a merchant.
func Merchant(merchant string) string { return "merchants/" + merchant }

// Connection returns the name of a connection.
func Connection(merchant, connection string) string {
	return "merchants/" + merchant + "/connections/" + connection
}

// Delivery returns the name of a delivery.
func Delivery(merchant, delivery string) string {
	return "merchants/" + merchant + "/deliveries/" + delivery
}

// Plugin returns the name of a plugin.
func Plugin(plugin string) string { return "plugins/" + plugin }

// ParseMerchant returns the id in a merchant's name.
func ParseMerchant(name string) (string, error) {
	ids, err := parse(name, "merchants/{merchant}", "merchants")
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// ParseConnection returns the ids in a connection's name.
func ParseConnection(name string) (merchant, connection string, err error) {
	ids, err := parse(name, "merchants/{merchant}/connections/{connection}", "merchants", "connections")
	if err != nil {
		return "", "", err
	}
	return ids[0], ids[1], nil
}

// ParseDelivery returns the ids in a delivery's name.
func ParseDelivery(name string) (merchant, delivery string, err error) {
	ids, err := parse(name, "merchants/{merchant}/deliveries/{delivery}", "merchants", "deliveries")
	if err != nil {
		return "", "", err
	}
	return ids[0], ids[1], nil
}

// ParsePlugin returns the id in a plugin's name.
func ParsePlugin(name string) (string, error) {
	ids, err := parse(name, "plugins/{plugin}", "plugins")
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

func parse(name, form string, collections ...string) ([]string, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 2*len(collections) {
		return nil, fmt.Errorf("must have the form %q", form)
	}
	ids := make([]string, 0, len(collections))
	for i, collection := range collections {
		if parts[2*i] != collection || parts[2*i+1] == "" {
			return nil, fmt.Errorf("must have the form %q", form)
		}
		ids = append(ids, parts[2*i+1])
	}
	return ids, nil
}
