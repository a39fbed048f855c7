package sqlite

import (
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
)

// SQLite looks at the values of bare parameters where it plans: a statement that
// compares columns with "?" is planned anew at each run with other values, which
// costs more than the run. Statements that run often write ?+0 or ?||'' instead.
// Those on a whole key of one table need not: they are not planned.

// query runs a prepared statement and reads its rows, column by column. Its first
// error sticks; done returns it.
type query struct {
	stmt   *sqlite.Stmt
	column int
	err    error
}

// start binds the arguments of a statement, which the connection keeps prepared.
func start(conn *sqlite.Conn, text string, args ...any) *query {
	stmt, err := conn.Prepare(text)
	q := &query{stmt: stmt, err: err}
	if err != nil {
		return q
	}
	for i, arg := range args {
		q.bind(i+1, arg)
	}
	return q
}

func (q *query) bind(i int, arg any) {
	switch v := arg.(type) {
	case nil:
		q.stmt.BindNull(i)
	case int64:
		q.stmt.BindInt64(i, v)
	case int:
		q.stmt.BindInt64(i, int64(v))
	case bool:
		q.stmt.BindBool(i, v)
	case string:
		q.stmt.BindText(i, v)
	case []byte:
		if v == nil {
			q.stmt.BindNull(i)
		} else {
			q.stmt.BindBytes(i, v)
		}
	case *int64:
		if v == nil {
			q.stmt.BindNull(i)
		} else {
			q.stmt.BindInt64(i, *v)
		}
	case time.Time:
		q.stmt.BindInt64(i, micros(v))
	default:
		q.err = fmt.Errorf("bind argument %d: type %T is not known", i, arg)
	}
}

// next steps to the next row.
func (q *query) next() bool {
	if q.err != nil {
		return false
	}
	row, err := q.stmt.Step()
	q.column = 0
	q.err = err
	return row && err == nil
}

// done ends the query.
func (q *query) done() error {
	if q.stmt == nil {
		return q.err
	}
	if err := q.stmt.Reset(); q.err == nil {
		q.err = err
	}
	return q.err
}

// run executes a statement without rows.
func run(conn *sqlite.Conn, text string, args ...any) error {
	q := start(conn, text, args...)
	q.next()
	return q.done()
}

func (q *query) int() int64 {
	q.column++
	return q.stmt.ColumnInt64(q.column - 1)
}

func (q *query) bool() bool { return q.int() != 0 }

func (q *query) text() string {
	q.column++
	return q.stmt.ColumnText(q.column - 1)
}

// bytes returns nil for NULL.
func (q *query) bytes() []byte {
	q.column++
	if q.stmt.ColumnIsNull(q.column - 1) {
		return nil
	}
	value := make([]byte, q.stmt.ColumnLen(q.column-1))
	q.stmt.ColumnBytes(q.column-1, value)
	return value
}

// optional returns nil for NULL.
func (q *query) optional() *int64 {
	if q.stmt.ColumnIsNull(q.column) {
		q.column++
		return nil
	}
	value := q.int()
	return &value
}

func (q *query) time() time.Time { return fromMicros(q.int()) }

func (q *query) duration() time.Duration { return time.Duration(q.int()) * time.Microsecond }

// micros writes a time as microseconds; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(value int64) time.Time {
	if value == 0 {
		return time.Time{}
	}
	return time.UnixMicro(value).UTC()
}
