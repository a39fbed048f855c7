package remote

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Client asks a remote what arrived. It may be used concurrently.
type Client struct{ address string }

// NewClient returns a client of the remote at host:port.
func NewClient(address string) Client { return Client{address} }

// Target is the address for the deliveries of a group; query may be empty.
func (r Client) Target(group, query string) string {
	return (&url.URL{Scheme: "http", Host: r.address, Path: "/" + group, RawQuery: query}).String()
}

// Elsewhere is Target at another host.
func (r Client) Elsewhere(group, query string) string {
	return strings.Replace(r.Target(group, query), host, otherHost, 1)
}

// Arrived returns how many deliveries of a group arrived, each counted once.
func (r Client) Arrived(ctx context.Context, group string) (int64, error) {
	text, err := r.get(ctx, "/-/arrived/"+group)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(text), 10, 64)
}

// Samples returns the arrivals of a group since it was asked the last time.
func (r Client) Samples(ctx context.Context, group string) ([]Sample, error) {
	raw, err := r.get(ctx, "/-/samples/"+group)
	if err != nil {
		return nil, err
	}
	samples := make([]Sample, len(raw)/binary.Size(Sample{}))
	return samples, binary.Read(bytes.NewReader(raw), binary.LittleEndian, samples)
}

func (r Client) get(ctx context.Context, path string) (_ []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.address+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the remote: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask the remote: %s answers %s", path, response.Status)
	}
	return io.ReadAll(response.Body)
}
