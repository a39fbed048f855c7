package metrics

import "github.com/spurline/spurline/server/store/sqlite"

// Store is what is asked of one.
type Store interface {
	Stats() sqlite.Stats
	Space() sqlite.Space
}

// WatchStore asks a store how it stands at each scrape.
func (m *Metrics) WatchStore(store Store) {
	var (
		commits  = m.counterReading("store_commits_total", "Commits that were flushed.")
		writes   = m.counterReading("store_writes_total", "Writes in those commits; many share one.")
		bytes    = m.counterReading("store_written_bytes_total", "About how many bytes those writes brought.")
		waiting  = m.gaugeReading("store_waiting_writes", "Writes that wait for a commit.")
		bisected = m.counterReading("store_bisections_total",
			"Commits that failed and were tried again by halves, to find the write at fault.")
		failures = m.counterReading("store_flush_failures_total",
			"Commits that the disk did not confirm: the process ends after one.")
		open    = m.gaugeReading("store_open_deliveries", "Deliveries that are pending or blocked.")
		refused = m.counterReading("store_refusals_total",
			"Submissions that were refused for want of room, by what there was none of.", "room")
		database = m.gaugeReading("store_database_bytes", "Size of the database file.")
		log      = m.gaugeReading("store_log_bytes", "Size of its write-ahead log.")
		free     = m.gaugeReading("store_disk_free_bytes", "What the disk of the data folder has left.")
		reserve  = m.gaugeReading("store_disk_reserve_bytes",
			"What of it is kept for outcomes: with less, submissions are refused.")
	)
	m.watch(func(s scrape) {
		stats, space := store.Stats(), store.Space()
		s.add(commits, float64(stats.Commits))
		s.add(writes, float64(stats.Writes))
		s.add(bytes, float64(stats.Bytes))
		s.add(waiting, float64(stats.Waiting))
		s.add(bisected, float64(stats.Bisections))
		s.add(failures, float64(stats.FlushFailures))
		s.add(open, float64(stats.OpenDeliveries))
		s.add(refused, float64(stats.Refused.Busy), "queue")
		s.add(refused, float64(stats.Refused.MerchantBacklog), "merchant_backlog")
		s.add(refused, float64(stats.Refused.Backlog), "backlog")
		s.add(refused, float64(stats.Refused.Full), "disk")
		s.add(database, float64(space.Database))
		s.add(log, float64(space.Log))
		s.add(free, float64(space.Free))
		s.add(reserve, float64(space.Reserve))
	}, commits, writes, bytes, waiting, bisected, failures, open, refused, database, log, free, reserve)
}
