package sqlite

import (
	"errors"

	"zombiezen.com/go/sqlite"
)

// An epoch is the time from Open to Close. Every delivery that is ready to be sent
// has the epoch in which it became so. If an epoch ended without Close, what was
// ready then may have been sent without its outcome written down: a delivery whose
// epoch is not after that one has an unknown fate (promise P3). The comparison at
// read spares rewriting a long backlog at the start.
const (
	metaEpoch   = "epoch"
	metaClean   = "clean"
	metaUnclean = "unclean_epoch"
)

// neverReady is the epoch of a delivery of which no send can be under way.
const neverReady = 0

// beginEpoch starts an epoch, in a transaction of its own.
func (s *Store) beginEpoch(conn *sqlite.Conn) (err error) {
	if err := run(conn, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, run(conn, `ROLLBACK`))
		}
	}()
	last, err := meta(conn, metaEpoch)
	if err != nil {
		return err
	}
	clean, err := meta(conn, metaClean)
	if err != nil {
		return err
	}
	if s.unclean, err = meta(conn, metaUnclean); err != nil {
		return err
	}
	if clean == 0 {
		s.unclean = last
	}
	s.epoch = last + 1
	for name, value := range map[string]int64{metaUnclean: s.unclean, metaEpoch: s.epoch, metaClean: 0} {
		if err := setMeta(conn, name, value); err != nil {
			return err
		}
	}
	return run(conn, `COMMIT`)
}

func endEpoch(conn *sqlite.Conn) error { return setMeta(conn, metaClean, 1) }

// endedCleanly says whether the last epoch did, true if there was none.
func endedCleanly(conn *sqlite.Conn) (bool, error) {
	known, err := readInt(conn, `SELECT count(*) FROM sqlite_schema WHERE name = 'meta'`)
	if err != nil || known == 0 {
		return true, err
	}
	last, err := meta(conn, metaEpoch)
	if err != nil || last == 0 {
		return true, err
	}
	clean, err := meta(conn, metaClean)
	return clean != 0, err
}

// doubtful says whether a send of a delivery may have arrived without its outcome
// being written down.
func (s *Store) doubtful(marked bool, epoch int64) bool {
	return marked || epoch != neverReady && epoch <= s.unclean
}

func meta(conn *sqlite.Conn, name string) (int64, error) {
	q := start(conn, `SELECT value FROM meta WHERE name = ?`, name)
	var value int64
	if q.next() {
		value = q.int()
	}
	return value, q.done()
}

func setMeta(conn *sqlite.Conn, name string, value int64) error {
	return run(conn, `INSERT INTO meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}
