package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/spurline/spurline/plugins/aftership/aftershiptest"
)

// TestRunPrintsWhatArrives starts the program on a free port, sends it a
// tracking and reads the lines a person would see.
func TestRunPrintsWhatArrives(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	seen, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"--listen", "127.0.0.1:0", "--key", "mine"}, out, io.Discard) }()
	lines := bufio.NewScanner(seen)
	if !lines.Scan() {
		t.Fatal("no first line")
	}
	_, rest, _ := strings.Cut(lines.Text(), "at ")
	base, _, _ := strings.Cut(rest, " ")

	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/tracking/2026-07/trackings",
		strings.NewReader("{ \"tracking_number\" : \"ANY-NUMBER\",\n \"title\":\"a\u0085b\U000e0001\" }"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("as-api-key", "mine")
	r.Header.Set("Content-Type", "application/json")
	go func() {
		if answered, err := http.DefaultClient.Do(r); err == nil {
			_ = answered.Body.Close()
		}
	}()
	if !lines.Scan() {
		t.Fatal("no line for the tracking")
	}
	want := `{"tracking_number":"ANY-NUMBER","title":"a\u0085b\udb40\udc01"}`
	if !strings.HasSuffix(lines.Text(), want) || !strings.Contains(lines.Text(), "arrived ANY-NUMBER") {
		t.Errorf("line is %q, want it to end with %q", lines.Text(), want)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--undetected", "6"}, {"--key", ""}, {"extra"}, {"--nothing"}} {
		var errs bytes.Buffer
		if _, err := parse(args, &errs); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
	o, err := parse(nil, io.Discard)
	if err != nil || o.key != aftershiptest.ValidKey || !o.limits {
		t.Errorf("defaults are %+v, %v", o, err)
	}
}
