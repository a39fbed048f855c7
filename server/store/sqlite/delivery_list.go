package sqlite

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// Deliveries lists by id, the last first. There is no index by merchant, order or
// number, because each would be written with every delivery: a merchant's list is
// merged from those of its connections, an order's or a number's from those of its
// records.
func (s *Store) Deliveries(
	ctx context.Context, filter store.DeliveryFilter, page store.Page,
) ([]store.Delivery, error) {
	var deliveries []store.Delivery
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		sources, err := sourcesOf(conn, filter)
		if err != nil {
			return err
		}
		var ids []store.DeliveryID
		for _, source := range sources {
			found, err := source.list(conn, filter, page)
			if err != nil {
				return err
			}
			ids = append(ids, found...)
		}
		slices.SortFunc(ids, func(a, b store.DeliveryID) int { return int(min(max(b-a, -1), 1)) })
		ids = ids[:min(len(ids), page.Limit)]
		deliveries, err = s.byID(conn, ids)
		return err
	})
	return deliveries, err
}

// source is where deliveries of a list are found.
type source struct {
	index     string
	condition string
	args      []any
}

func sourcesOf(conn *sqlite.Conn, filter store.DeliveryFilter) ([]source, error) {
	switch {
	case filter.NumberKey != "":
		return recordSources(start(conn, `SELECT 2, key FROM tracking
			WHERE number_key = ?1 AND (?2 = 0 OR merchant = ?2)`, filter.NumberKey, filter.MerchantKey))
	case filter.OrderID != "":
		return recordSources(start(conn, `SELECT 1, key FROM orders WHERE order_id = ?1 AND (?2 = 0 OR merchant = ?2)
			UNION SELECT 2, key FROM tracking WHERE order_id = ?1 AND (?2 = 0 OR merchant = ?2)
			UNION SELECT 2, t.key FROM tracking_revision r JOIN tracking t ON t.key = r.tracking_key
			WHERE r.order_id = ?1 AND (?2 = 0 OR t.merchant = ?2)`, filter.OrderID, filter.MerchantKey))
	case filter.Connection != 0:
		return connectionSources(conn, filter.State, []int64{filter.Connection})
	case filter.MerchantKey != 0:
		q := start(conn, `SELECT key FROM connection WHERE merchant = ?`, filter.MerchantKey)
		var connections []int64
		for q.next() {
			connections = append(connections, q.int())
		}
		if err := q.done(); err != nil {
			return nil, err
		}
		return connectionSources(conn, filter.State, connections)
	}
	return []source{{index: `NOT INDEXED`, condition: `1`}}, nil
}

func recordSources(q *query) ([]source, error) {
	var sources []source
	for q.next() {
		sources = append(sources, source{
			index: `INDEXED BY delivery_record`, condition: `kind = ? AND record = ?`, args: []any{q.int(), q.int()},
		})
	}
	return sources, q.done()
}

func connectionSources(conn *sqlite.Conn, state store.DeliveryState, connections []int64) ([]source, error) {
	sources := make([]source, 0, len(connections))
	for _, connection := range connections {
		index, err := indexFor(conn, state, connection)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source{index: index, condition: `connection = ?`, args: []any{connection}})
	}
	return sources, nil
}

// fewOpen is how many open deliveries are sorted for a page of them. Where there
// are more, they are dense enough among all to be found on the way.
const fewOpen = 10_000

// indexFor chooses the index of a connection's deliveries in a state. That of open
// ones is not by id but holds nothing else, which matters where the few that are
// open are lost among millions delivered.
func indexFor(conn *sqlite.Conn, state store.DeliveryState, connection int64) (string, error) {
	index := `delivery_connection`
	switch state {
	case store.Failed:
		index = `delivery_failed`
	case store.Pending, store.Blocked:
		open := `delivery_ready`
		if state == store.Blocked {
			open = `delivery_blocked`
		}
		q := start(conn, `SELECT count(*) FROM (SELECT 1 FROM delivery INDEXED BY `+open+`
			WHERE connection = ? AND state = `+stateLiteral(state)+` LIMIT ?)`, connection, fewOpen)
		if q.next() && q.int() < fewOpen {
			index = open
		}
		if err := q.done(); err != nil {
			return "", err
		}
	case store.Delivered, store.Skipped, store.Superseded, store.Cancelled:
	}
	return `INDEXED BY ` + index, nil
}

// list returns the last ids of a source that pass the filter.
func (s source) list(conn *sqlite.Conn, filter store.DeliveryFilter, page store.Page) ([]store.DeliveryID, error) {
	where, args := []string{s.condition}, slices.Clone(s.args)
	add := func(condition string, value any) {
		where, args = append(where, condition), append(args, value)
	}
	if filter.MerchantKey != 0 {
		add(`merchant = ?`, filter.MerchantKey)
	}
	if filter.Connection != 0 {
		add(`+connection = ?`, filter.Connection)
	}
	if filter.OrderID != "" {
		add(`order_id = ?`, filter.OrderID)
	}
	if filter.State != 0 {
		where = append(where, `state = `+stateLiteral(filter.State))
	}
	if filter.Reason != "" {
		add(`reason = ?`, filter.Reason)
	}
	if !filter.CreatedSince.IsZero() {
		add(`created_at >= ?`, filter.CreatedSince)
		add(`id >= ?`, int64(firstID(filter.CreatedSince))) // Ends the search: ids grow with time.
	}
	if page.After != 0 {
		add(`id < ?`, page.After)
	}
	return allIDs(start(conn, `SELECT id FROM delivery `+s.index+` WHERE `+strings.Join(where, ` AND `)+`
		ORDER BY id DESC LIMIT ?`, append(args, page.Limit)...))
}

// stateLiteral writes a state into a statement, so that the planner can use the
// partial index of that state.
func stateLiteral(state store.DeliveryState) string { return strconv.Itoa(int(state)) }
