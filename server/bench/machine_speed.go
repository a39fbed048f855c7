package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// machineSpeed measures what a bare HTTP POST of 1 KB costs between the load and the
// remote, 64 at once: nothing of it is ours, so that figures of another machine, or of
// another hour of a shared one, can be put beside these as ratios.
func machineSpeed(ctx context.Context, r *Runner) (_ []Metric, err error) {
	other, address, err := r.startRemote(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, other.stop()) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	body := bytes.Repeat([]byte("x"), 1000)
	var posted atomic.Int64
	posting, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, callers)
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for posting.Err() == nil {
				if err := post(posting, client, "http://"+address+"/speed", body); err != nil && posting.Err() == nil {
					failed <- err
					return
				}
				posted.Add(1)
			}
		})
	}
	from, err := speedReadings(&posted, other.pid())
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(r.Window / 2):
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	to, err := speedReadings(&posted, other.pid())
	if err != nil {
		return nil, err
	}
	stop()
	running.Wait()
	count := float64(to.arrived - from.arrived)
	return []Metric{
		{"requests/s", count / to.at.Sub(from.at).Seconds()},
		{"client us/request", perOne(to.load-from.load, count)},
		{"remote us/request", perOne(to.other-from.other, count)},
	}, nil
}

func speedReadings(posted *atomic.Int64, remote int) (read readings, err error) {
	read = readings{at: time.Now(), arrived: posted.Load()}
	var ours, theirs error
	read.load, ours = cpuTime(os.Getpid())
	read.other, theirs = cpuTime(remote)
	return read, errors.Join(ours, theirs)
}

func post(ctx context.Context, client *http.Client, address string, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("status %d", response.StatusCode))
	}
	return errors.Join(err, response.Body.Close())
}
