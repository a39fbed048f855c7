package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/spurline/spurline/server/store"
)

// Deliveries lists by id, the last first. There is no index by connection, merchant,
// order or number, because each would be written with every delivery: the list of a
// connection or merchant is a chain, or merged from the indexes of those that failed or
// are open, that of an order or number is merged from those of its records.
func (s *Store) Deliveries(
	ctx context.Context, filter store.DeliveryFilter, page store.Page,
) ([]store.Delivery, error) {
	var deliveries []store.Delivery
	list := chainOf(filter)
	end := s.writer.current.end(list.chain, list.owner)
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		sources, err := sourcesOf(conn, filter)
		if err == nil && sources == nil {
			sources, err = list.source(conn, end, filter, page)
		}
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
		slices.SortFunc(ids, func(a, b store.DeliveryID) int { return cmp.Compare(b, a) })
		ids = ids[:min(len(ids), page.Limit)]
		deliveries, err = s.byID(conn, ids)
		return err
	})
	return deliveries, err
}

// source is where deliveries of a list are found, each of them once.
type source struct {
	// with comes before the statement that reads them, and its arguments too.
	with      string
	from      string
	condition string
	args      []any
	// ordered: they come the last first by themselves.
	ordered bool
}

// sourcesOf returns nil for a list that is read from its chain.
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
	case filter.Connection == 0 && filter.MerchantKey == 0:
		return []source{{from: `delivery d NOT INDEXED`, condition: `1`}}, nil
	}
	index, partial := stateIndexes[filter.State]
	if !partial {
		return nil, nil
	}
	return stateSources(conn, filter, index)
}

func recordSources(q *query) ([]source, error) {
	sources := []source{}
	for q.next() {
		sources = append(sources, source{
			from: `delivery d INDEXED BY delivery_record`, condition: `kind = ? AND record = ?`,
			args: []any{q.int(), q.int()},
		})
	}
	return sources, q.done()
}

// stateIndexes are those of the deliveries of a connection that are in a state.
var stateIndexes = map[store.DeliveryState]string{
	store.Failed: `delivery_failed`, store.Pending: `delivery_ready`, store.Blocked: `delivery_blocked`,
}

// fewOpen is how many open deliveries of a connection are sorted for a page of them.
// Where there are more, they are dense enough among all to be found on the way.
const fewOpen = 10_000

// stateSources are the connections' deliveries in a state that has an index, nil if the
// chain is the better way: the index of open ones is not by id. It holds nothing else,
// which matters where the few that are open are lost among millions delivered.
func stateSources(conn *sqlite.Conn, filter store.DeliveryFilter, index string) ([]source, error) {
	connections := []int64{filter.Connection}
	if filter.Connection == 0 {
		var err error
		if connections, err = connectionsOf(conn, filter.MerchantKey); err != nil {
			return nil, err
		}
	}
	sources := make([]source, 0, len(connections))
	for _, connection := range connections {
		if filter.State != store.Failed {
			few, err := hasFew(conn, filter.State, index, connection)
			if err != nil || !few {
				return nil, err
			}
		}
		sources = append(sources, source{
			from: `delivery d INDEXED BY ` + index, condition: `connection = ?`, args: []any{connection},
		})
	}
	return sources, nil
}

func connectionsOf(conn *sqlite.Conn, merchant int64) ([]int64, error) {
	q := start(conn, `SELECT key FROM connection WHERE merchant = ?`, merchant)
	var connections []int64
	for q.next() {
		connections = append(connections, q.int())
	}
	return connections, q.done()
}

func hasFew(conn *sqlite.Conn, state store.DeliveryState, index string, connection int64) (bool, error) {
	q := start(conn, `SELECT count(*) FROM (SELECT 1 FROM delivery INDEXED BY `+index+`
		WHERE connection = ? AND state = `+stateLiteral(state)+` LIMIT ?)`, connection, fewOpen)
	few := q.next() && q.int() < fewOpen
	return few, q.done()
}

// deliveryChain is the chain of a connection or merchant.
type deliveryChain struct {
	chain chain
	owner int64
}

func chainOf(filter store.DeliveryFilter) deliveryChain {
	if filter.Connection != 0 {
		return deliveryChain{connectionChain, filter.Connection}
	}
	return deliveryChain{merchantChain, filter.MerchantKey}
}

// source walks the chain for a page.
func (c deliveryChain) source(
	conn *sqlite.Conn, end int64, filter store.DeliveryFilter, page store.Page,
) ([]source, error) {
	from, err := c.chain.from(conn, c.owner, end, page.After)
	return []source{{
		with: c.chain.walk(), from: `chain CROSS JOIN delivery d ON d.id = chain.id`, condition: `1`,
		args: []any{from, downTo(filter.CreatedSince)}, ordered: true,
	}}, err
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
		add(`d.id >= ?`, downTo(filter.CreatedSince))
	}
	if page.After != 0 {
		add(`d.id < ?`, page.After)
	}
	order := ` ORDER BY d.id DESC`
	if s.ordered {
		order = ``
	}
	return allIDs(start(conn, s.with+`SELECT d.id FROM `+s.from+` WHERE `+strings.Join(where, ` AND `)+order+` LIMIT ?`,
		append(args, page.Limit)...))
}

// downTo is the least id of what was made at a time or after, which ends the search:
// ids grow with time. No id is below 1.
func downTo(since time.Time) int64 {
	if since.IsZero() {
		return 1
	}
	return max(1, int64(firstID(since)))
}

// stateLiteral writes a state into a statement, so that the planner can use the
// partial index of that state.
func stateLiteral(state store.DeliveryState) string { return strconv.Itoa(int(state)) }
