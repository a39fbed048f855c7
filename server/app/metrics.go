package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spurline/spurline/server/config"
)

// Limits of those who scrape.
const (
	scrapeReadTime  = 5 * time.Second
	scrapeWriteTime = 30 * time.Second
	scrapeIdle      = 2 * time.Minute
	scrapeHeader    = 16 << 10
	scrapeGrace     = 2 * time.Second
)

// openMetrics has everything watched that was made, and listens for scrapes.
func (a *App) openMetrics(ctx context.Context) (err error) {
	a.metrics.WatchStore(a.store)
	a.metrics.WatchDispatcher(a.dispatcher)
	a.metrics.WatchPlugins(a.host)
	if a.config.MetricsListen == config.MetricsOff {
		return nil
	}
	a.scrapes, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.config.MetricsListen)
	if err != nil {
		return fmt.Errorf("listen for scrapes of metrics: %w; choose another address with --metrics-listen, or off", err)
	}
	if at, ok := a.scrapes.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		a.logger.WarnContext(ctx, "metrics are shown in clear to everybody who reaches their address; they tell "+
			"nothing of a customer, and how busy the server is", "address", at.String())
	}
	return nil
}

// MetricsAddress is where metrics are served, or "off".
func (a *App) MetricsAddress() string {
	if a.scrapes == nil {
		return config.MetricsOff
	}
	return a.scrapes.Addr().String()
}

// serveMetrics serves metrics until ctx ends. It does so during the drain too, and
// its failure is none of the server's.
func (a *App) serveMetrics(ctx context.Context) error {
	if a.scrapes == nil {
		return nil
	}
	server := &http.Server{
		Handler:     a.metrics.Handler(a.health.IsServing),
		ReadTimeout: scrapeReadTime, WriteTimeout: scrapeWriteTime, IdleTimeout: scrapeIdle,
		MaxHeaderBytes: scrapeHeader, ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := server.Serve(a.scrapes); !errors.Is(err, http.ErrServerClosed) {
			a.logger.ErrorContext(ctx, "metrics are not served any more", "error", err)
		}
	}()
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), scrapeGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		a.logger.WarnContext(ctx, "scrapes of metrics were cut off", "error", errors.Join(err, server.Close()))
	}
	<-served
	return nil
}
