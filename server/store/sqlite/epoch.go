package sqlite

import (
	"errors"

	"zombiezen.com/go/sqlite"
)

// An epoch is the time from Open to Close. Every delivery has the epoch of its
// last write. If an epoch ended without Close, what was pending then may have
// been sent without its outcome written down: a pending delivery whose last write
// is not after that epoch has an unknown fate (promise P3). The comparison at
// read spares rewriting a long backlog at the start.
const (
	metaEpoch   = "epoch"
	metaClean   = "clean"
	metaUnclean = "unclean_epoch"
)

func (s *Store) beginEpoch(conn *sqlite.Conn) error {
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
	return errors.Join(
		setMeta(conn, metaUnclean, s.unclean), setMeta(conn, metaEpoch, s.epoch), setMeta(conn, metaClean, 0))
}

func endEpoch(conn *sqlite.Conn) error { return setMeta(conn, metaClean, 1) }

// fateUnknown says whether an earlier send of a delivery may have arrived.
func (s *Store) fateUnknown(marked bool, epoch int64) bool { return marked || epoch <= s.unclean }

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
